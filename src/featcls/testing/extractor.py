"""The contract of extractors."""

import io
import json
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from featcls.extractors.base import Rows, atom_key, stack
from featcls.frame import Frame
from featcls.spaces import Space
from featcls.testing.frames import awkward_frames, flat_frames, masked_frames, same_values
from featcls.testing.report import NotApplicable, Report, run_checks
from featcls.testing.step import COMMON, Step, as_step, sampled_params, untouched_generators

LEAK = 0.5  # of the effect that zeros have, what a mask may have


def check_extractor(
    extractor: Any,
    space: Space | None = None,
    *,
    frames: Sequence[Frame] | None = None,
    samples: int = 20,
    seed: int = 0,
    skip: Collection[str] = (),
) -> Report:
    """Check that an extractor keeps its contract.

    Parameters
    ----------
    extractor : Entry, class, factory or instance
        An entry of the registry brings its space; an instance is checked with its parameters.
    space : mapping of str to Param, optional
        What the extractor registers; without it the checks of the space are skipped.
    frames : sequence of Frame, optional
        Frames it must take; by default 8-bit ones, the last with a mask.
    samples : int
        Configurations drawn from the space and run.
    seed : int
        Of the frames and the samples.
    skip : collection of str
        Names of checks to leave out.

    Raises
    ------
    BrokenContract
        Names every check that failed.
    """
    step = as_step(extractor, space, frames, samples, seed)
    return run_checks(step.name, step, CHECKS, skip)


def ready(step: Step, params: dict[str, Any] | None = None) -> Any:
    """Return an extractor, fitted if it has to be."""
    extractor = step.make() if params is None else step.factory(**params)
    return extractor.fit(step.frames, random_state=step.seed) if extractor.fitted else extractor


def vector(extractor: Any, frame: Frame) -> Any:
    """Return the vector of a frame, checked for what every vector must be."""
    values, names = extractor.extract(frame), extractor.feature_names()
    place = f"for frame {frame.frame_id!r} of shape {frame.shape}"
    assert isinstance(values, np.ndarray), f"extract gave {type(values).__name__} {place}"
    assert values.dtype == np.float64, f"extract gave dtype {values.dtype} {place}"
    assert values.shape == (len(names),), f"{len(names)} names, shape {values.shape} {place}"
    assert np.isfinite(values).all(), f"{values[~np.isfinite(values)][:3]} {place}"
    return values


def it_gives_a_finite_vector_of_the_width_of_its_names(step: Step) -> None:
    extractor = ready(step)
    for frame in step.frames:
        vector(extractor, frame)


def it_takes_awkward_frames(step: Step) -> None:
    extractor = ready(step)
    for frame in awkward_frames():
        vector(extractor, frame)


def its_names_are_unique_texts(step: Step) -> None:
    names = step.make().feature_names()
    assert names, "it has no feature"
    assert all(isinstance(name, str) and name for name in names), f"names are {names[:5]}"
    assert len(set(names)) == len(names), "names occur twice"


def its_names_do_not_depend_on_frames(step: Step) -> None:
    before, extractor = step.make().feature_names(), ready(step)
    for frame in [*step.frames, *awkward_frames()]:
        extractor.extract(frame)
        assert extractor.feature_names() == before, "names change with what it has seen"
    assert list(extractor.get_feature_names_out()) == before, "get_feature_names_out differs"


def it_leaves_its_input_as_it_is(step: Step) -> None:
    extractor = ready(step)
    for frame in step.frames:
        before = frame.image.copy(), None if frame.mask is None else frame.mask.copy()
        extractor.extract(frame)
        assert_array_equal(frame.image, before[0], "it writes into the image")
        assert_array_equal(frame.mask, before[1], "it writes into the mask")


def it_gives_the_same_twice(step: Step) -> None:
    first, second = ready(step), ready(step)
    for frame in step.frames:
        once = vector(first, frame)
        assert_array_equal(vector(first, frame), once, "a second call differs")
        assert_array_equal(vector(second, frame), once, "a second extractor differs")


def it_gives_the_same_in_any_order_and_batch(step: Step) -> None:
    extractor, frames = ready(step), list(step.frames)
    together = extractor.transform(frames)
    assert_array_equal(extractor.transform(frames[::-1])[::-1], together, "order matters")
    for frame, row in zip(frames, together, strict=True):
        assert_array_equal(vector(extractor, frame), row, "extract and transform differ")


def it_gives_the_same_in_threads(step: Step) -> None:
    extractor, frames = ready(step), [*step.frames] * 4
    wanted = [vector(extractor, frame) for frame in step.frames] * 4
    with ThreadPoolExecutor(4) as pool:
        assert_array_equal(list(pool.map(extractor.extract, frames)), wanted, "threads differ")


def it_draws_from_no_global_generator(step: Step) -> None:
    with untouched_generators():
        extractor = ready(step)
        for frame in step.frames:
            extractor.extract(frame)


def it_depends_on_values_not_on_their_type_or_layout(step: Step) -> None:
    extractor = ready(step)
    for frame in step.frames:
        wanted = vector(extractor, frame)
        for other in same_values(frame):
            found = vector(extractor, other)
            assert_array_equal(found, wanted, f"differs for {other.image.dtype}")


def a_frame_without_a_valid_pixel_gives_one_fill_vector(step: Step) -> None:
    extractor = ready(step)
    first, *others = (vector(extractor, frame) for frame in masked_frames())
    for other in others:
        assert_array_equal(other, first, "the fill vector depends on the shape")


def a_mask_does_not_look_like_signal(step: Step) -> None:
    extractor = ready(step)
    flat, masked, zeros = (vector(extractor, frame) for frame in flat_frames())
    scale = np.maximum(np.maximum(abs(flat), abs(masked)), np.maximum(abs(zeros), 1e-12))
    trace = np.linalg.norm((masked - flat) / scale)
    signal = np.linalg.norm((zeros - flat) / scale)
    assert trace <= LEAK * signal + 1e-9, (
        f"a masked block in a flat frame moves the features by {trace:.3g}, "
        f"zeros in its place by {signal:.3g}: masked pixels are 0 and must be left out"
    )


def its_atoms_are_distinct_documents(step: Step) -> None:
    atoms = step.make().atoms()
    keys = [atom_key(atom) for atom in atoms]
    assert len(set(keys)) == len(keys), "two atoms are the same document"
    assert [atom_key(json.loads(key)) for key in keys] == keys, "JSON changes an atom"


def atoms_of_many_configurations_are_those_of_each(step: Step) -> None:
    extractors = [ready(step), *(step.factory(**params) for params in sampled_params(step))]
    atoms = {atom_key(atom): atom for e in extractors for atom in e.atoms()}
    frame = step.frames[-1]
    together = type(extractors[0]).compute(frame, list(atoms.values()))
    assert len(together) == len(atoms), f"{len(together)} results for {len(atoms)} atoms"
    for atom, result in zip(atoms.values(), together, strict=True):
        (alone,) = type(extractors[0]).compute(frame, [atom])
        assert_array_equal(result, alone, f"atom {atom} differs in company")


def its_vector_is_assembled_from_stored_atoms(step: Step) -> None:
    extractors = [ready(step)]
    if step.space is not None:
        extractors += [ready(step, params) for params in sampled_params(step)]
    for extractor in extractors:
        frames = step.frames if extractor is extractors[0] else step.frames[-1:]
        wanted = [vector(extractor, frame) for frame in frames]
        found = extractor.assemble(_stored_rows(extractor, frames))
        assert_array_equal(found, wanted, f"atoms of {extractor} give another vector")


def its_state_survives_storage(step: Step) -> None:
    extractor = ready(step)
    if not extractor.fitted:
        raise NotApplicable("it learns nothing")
    again = step.make().set_state(_stored(extractor.get_state()))
    wanted = extractor.transform(step.frames)
    assert_array_equal(again.transform(step.frames), wanted, "a restored one differs")


def it_needs_no_fit_or_refuses_to_go_without(step: Step) -> None:
    extractor = step.make()
    if not extractor.fitted:
        raise NotApplicable("it learns nothing")
    from sklearn.exceptions import NotFittedError

    try:
        extractor.extract(step.frames[0])
    except NotFittedError:
        return
    raise AssertionError("it gives features before it is fitted")


def every_configuration_of_its_space_runs(step: Step) -> None:
    for params in sampled_params(step):
        try:
            vector(ready(step, params), step.frames[-1])
        except Exception as error:
            raise AssertionError(f"{params}: {error}") from error


def one_refit_is_like_another(step: Step) -> None:
    if not step.make().fitted:
        raise NotApplicable("it learns nothing")
    extractor = ready(step)
    wanted = extractor.transform(step.frames)
    extractor.fit(list(step.frames)[:1], random_state=step.seed)
    extractor.fit(step.frames, random_state=step.seed)
    assert_array_equal(extractor.transform(step.frames), wanted, "an earlier fit leaves traces")


def _stored_rows(extractor: Any, frames: Sequence[Frame]) -> dict[str, Rows]:
    """Compute atom rows as the cache does: knowing the atoms as documents, not the extractor."""
    atoms = [json.loads(atom_key(atom)) for atom in extractor.atoms()]
    table = [type(extractor).compute(frame, atoms) for frame in frames]
    return {
        atom_key(atom): stack([results[k] for results in table], extractor.ragged)
        for k, atom in enumerate(atoms)
    }


def _stored(state: dict[str, Any]) -> dict[str, Any]:
    """Send arrays through .npy and the rest through JSON, as a model file does."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    others = {name: value for name, value in state.items() if name not in arrays}
    return {
        **{name: _through_npy(array) for name, array in arrays.items()},
        **json.loads(json.dumps(others, allow_nan=False)),
    }


def _through_npy(array: NDArray[Any]) -> NDArray[Any]:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    buffer.seek(0)
    restored: NDArray[Any] = np.load(buffer, allow_pickle=False)
    return restored


CHECKS = (
    *COMMON,
    it_gives_a_finite_vector_of_the_width_of_its_names,
    it_takes_awkward_frames,
    its_names_are_unique_texts,
    its_names_do_not_depend_on_frames,
    it_leaves_its_input_as_it_is,
    it_gives_the_same_twice,
    it_gives_the_same_in_any_order_and_batch,
    it_gives_the_same_in_threads,
    it_draws_from_no_global_generator,
    it_depends_on_values_not_on_their_type_or_layout,
    a_frame_without_a_valid_pixel_gives_one_fill_vector,
    a_mask_does_not_look_like_signal,
    its_atoms_are_distinct_documents,
    atoms_of_many_configurations_are_those_of_each,
    its_vector_is_assembled_from_stored_atoms,
    its_state_survives_storage,
    it_needs_no_fit_or_refuses_to_go_without,
    one_refit_is_like_another,
    every_configuration_of_its_space_runs,
)
