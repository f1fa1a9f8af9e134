"""The contract of extractors."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal

from featcls.frame import Frame
from featcls.spaces import Space
from featcls.testing.frames import awkward_frames, flat_frames, masked_frames, same_values
from featcls.testing.lock import others_run_beside
from featcls.testing.process import digest, document_of, each, same_elsewhere, step_of
from featcls.testing.report import Report, run_checks
from featcls.testing.step import (
    COMMON,
    DRAWS,
    Step,
    as_step,
    sampled_params,
    untouched_generators,
)
from featcls.testing.storage import STORAGE, ready, vector

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


def other_threads_run_where_it_releases_the_lock(step: Step) -> None:
    others_run_beside(step, ready(step).extract)


def it_gives_the_same_in_another_process(step: Step) -> None:
    same_elsewhere(vectors, document_of(step))


def vectors(document: dict[str, Any]) -> list[str]:
    """Return digests of the vectors of the frames in a document."""
    step = step_of(document)
    extractor = ready(step)
    found = each(document, step.frames, lambda frame: digest(vector(extractor, frame)))
    return [*extractor.feature_names(), *found]


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


def every_draw_of_its_space_has_names(step: Step) -> None:
    for params in sampled_params(step, DRAWS):
        names = step.factory(**params).feature_names()
        again = step.factory(**params).feature_names()
        assert names, f"no feature for {params}"
        assert names == again, f"two sets of names for {params}"
        assert len(set(names)) == len(names), f"names occur twice for {params}"


def every_configuration_of_its_space_runs(step: Step) -> None:
    for params in sampled_params(step):
        try:
            vector(ready(step, params), step.frames[-1])
        except Exception as error:
            raise AssertionError(f"{params}: {error}") from error


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
    other_threads_run_where_it_releases_the_lock,
    it_gives_the_same_in_another_process,
    it_draws_from_no_global_generator,
    it_depends_on_values_not_on_their_type_or_layout,
    a_frame_without_a_valid_pixel_gives_one_fill_vector,
    a_mask_does_not_look_like_signal,
    every_draw_of_its_space_has_names,
    every_configuration_of_its_space_runs,
    *STORAGE,
)
