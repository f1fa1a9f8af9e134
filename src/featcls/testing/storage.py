"""The contract of extractors, as far as their atoms and what they learn are stored."""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from featcls.extractors.base import Rows, atom_key, stack
from featcls.frame import Frame
from featcls.testing.report import NotApplicable
from featcls.testing.step import Step, sampled_params


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


STORAGE = (
    its_atoms_are_distinct_documents,
    atoms_of_many_configurations_are_those_of_each,
    its_vector_is_assembled_from_stored_atoms,
    its_state_survives_storage,
    it_needs_no_fit_or_refuses_to_go_without,
    one_refit_is_like_another,
)
