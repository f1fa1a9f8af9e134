"""The contract of preprocessors."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numpy.testing import assert_allclose, assert_array_equal

from featcls.frame import Frame
from featcls.spaces import Space
from featcls.testing.frames import awkward_frames, flat_frames, masked_frames, same_values
from featcls.testing.lock import others_run_beside
from featcls.testing.process import digest, document_of, each, same_elsewhere, step_of
from featcls.testing.report import NotApplicable, Report, run_checks
from featcls.testing.step import COMMON, Step, as_step, sampled_params, untouched_generators


def check_preprocessor(
    preprocessor: Any,
    space: Space | None = None,
    *,
    frames: Sequence[Frame] | None = None,
    samples: int = 20,
    seed: int = 0,
    skip: Collection[str] = (),
) -> Report:
    """Check that a preprocessor keeps its contract; the arguments are `check_extractor`'s.

    Raises
    ------
    BrokenContract
        Names every check that failed.
    """
    step = as_step(preprocessor, space, frames, samples, seed)
    return run_checks(step.name, step, CHECKS, skip)


def ready(step: Step, params: dict[str, Any] | None = None) -> Any:
    """Return a preprocessor with all parameters learned."""
    made = step.make() if params is None else step.factory(**params)
    return step.factory(**made.fitted_params(step.frames)) if made.needs_fit else made


def processed(preprocessor: Any, frame: Frame) -> Frame:
    """Return the processed frame, checked for what every frame must be."""
    result = preprocessor.apply(frame)
    assert isinstance(result, Frame), f"apply gave {type(result).__name__}"
    assert result.frame_id == frame.frame_id, "the frame lost its frame_id"
    assert result.meta == frame.meta, "the frame lost its meta"
    return result


def same(first: Frame, second: Frame, what: str) -> None:
    """Fail unless two frames agree in type, pixels, mask and geometry."""
    assert first.image.dtype == second.image.dtype, f"{what}: type of the pixels"
    assert_array_equal(first.image, second.image, f"{what}: pixels")
    assert_array_equal(first.valid, second.valid, f"{what}: mask")
    assert first.geometry == second.geometry, f"{what}: geometry"


def it_gives_frames(step: Step) -> None:
    preprocessor = ready(step)
    for frame in step.frames:
        processed(preprocessor, frame)


def it_takes_awkward_frames(step: Step) -> None:
    preprocessor = ready(step)
    for frame in awkward_frames():
        processed(preprocessor, frame)


def it_leaves_its_input_as_it_is(step: Step) -> None:
    preprocessor = ready(step)
    for frame in step.frames:
        before = frame.image.copy(), frame.valid.copy()
        preprocessor.apply(frame)
        assert_array_equal(frame.image, before[0], "it writes into the image")
        assert_array_equal(frame.valid, before[1], "it writes into the mask")


def it_gives_the_same_twice(step: Step) -> None:
    first, second = ready(step), ready(step)
    for frame in step.frames:
        once = processed(first, frame)
        same(processed(first, frame), once, "a second call")
        same(processed(second, frame), once, "a second preprocessor")


def it_gives_the_same_whatever_came_before(step: Step) -> None:
    preprocessor, frames = ready(step), list(step.frames)
    forward = [processed(preprocessor, frame) for frame in frames]
    backward = [processed(preprocessor, frame) for frame in frames[::-1]][::-1]
    for one, other in zip(forward, backward, strict=True):
        same(one, other, "another order of frames")


def it_gives_the_same_in_threads(step: Step) -> None:
    preprocessor, frames = ready(step), [*step.frames] * 4
    wanted = [processed(preprocessor, frame) for frame in step.frames] * 4
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(pool.map(preprocessor.apply, frames), wanted, strict=True):
            same(one, other, "threads")


def other_threads_run_where_it_releases_the_lock(step: Step) -> None:
    others_run_beside(step, ready(step).apply)


def it_gives_the_same_in_another_process(step: Step) -> None:
    same_elsewhere(pictures, document_of(step))


def pictures(document: dict[str, Any]) -> list[str]:
    """Return digests of what becomes of the frames in a document."""
    step = step_of(document)
    preprocessor = ready(step)

    def picture(frame: Frame) -> str:
        result = processed(preprocessor, frame)
        return digest(result.image, result.valid)

    return each(document, step.frames, picture)


def it_draws_from_no_global_generator(step: Step) -> None:
    with untouched_generators():
        preprocessor = ready(step)
        for frame in step.frames:
            preprocessor.apply(frame)


def it_depends_on_values_not_on_their_type_or_layout(step: Step) -> None:
    preprocessor = ready(step)
    for frame in step.frames:
        wanted = processed(preprocessor, frame)
        for other in same_values(frame):
            found = processed(preprocessor, other)
            assert_array_equal(found.image, wanted.image, f"pixels of {other.image.dtype}")
            assert_array_equal(found.valid, wanted.valid, f"mask of {other.image.dtype}")


def it_gives_finite_pixels(step: Step) -> None:
    # Frame masks what is not finite: a step that divides by zero shows as a larger mask.
    preprocessor = ready(step)
    for frame in [*step.frames, *awkward_frames()]:
        result = processed(preprocessor, frame)
        if frame.status == "ok" and frame.mask is None and result.shape == frame.shape:
            assert result.status == "ok", f"no pixel of {frame.frame_id!r} is left"


def masked_pixels_stay_masked(step: Step) -> None:
    preprocessor = ready(step)
    for frame in masked_frames():
        assert processed(preprocessor, frame).status == "masked", "a masked frame becomes valid"
    for frame in step.frames:
        result = processed(preprocessor, frame)
        if result.shape == frame.shape:
            assert not (result.valid & ~frame.valid).any(), "masked pixels become valid"


def a_mask_does_not_look_like_signal(step: Step) -> None:
    preprocessor = ready(step)
    flat, masked, _ = flat_frames()
    alone, beside = processed(preprocessor, flat), processed(preprocessor, masked)
    if alone.shape != beside.shape:
        raise AssertionError("the mask changes the shape")
    assert_allclose(
        beside.image[beside.valid],
        alone.image[beside.valid],
        rtol=1e-6,
        atol=1e-6,
        err_msg="a masked block in a flat frame changes the valid pixels",
    )


def what_it_learns_fits_into_a_config(step: Step) -> None:
    made = step.make()
    if not made.needs_fit:
        raise NotApplicable("it learns nothing")
    learned = made.fitted_params(step.frames)
    assert made.needs_fit, "fitted_params changes the preprocessor itself"
    assert set(learned) == set(made.get_params()), f"learned parameters are {sorted(learned)}"
    assert not step.factory(**learned).needs_fit, "with the learned parameters it still needs fit"
    for name, value in learned.items():
        if step.space is not None:
            assert step.space[name].coerce(value) == value, f"the space refuses {name} = {value!r}"


def every_configuration_of_its_space_runs(step: Step) -> None:
    for params in sampled_params(step):
        try:
            processed(ready(step, params), step.frames[-1])
        except Exception as error:
            raise AssertionError(f"{params}: {error}") from error


CHECKS = (
    *COMMON,
    it_gives_frames,
    it_takes_awkward_frames,
    it_leaves_its_input_as_it_is,
    it_gives_the_same_twice,
    it_gives_the_same_whatever_came_before,
    it_gives_the_same_in_threads,
    other_threads_run_where_it_releases_the_lock,
    it_gives_the_same_in_another_process,
    it_draws_from_no_global_generator,
    it_depends_on_values_not_on_their_type_or_layout,
    it_gives_finite_pixels,
    masked_pixels_stay_masked,
    a_mask_does_not_look_like_signal,
    what_it_learns_fits_into_a_config,
    every_configuration_of_its_space_runs,
)
