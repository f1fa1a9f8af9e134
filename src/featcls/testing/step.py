"""What the checks of preprocessors and extractors have in common."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from featcls.config import params_from_json
from featcls.frame import Frame
from featcls.parameters import Parameters
from featcls.plugins import Entry
from featcls.spaces import Integer, LogUniform, Param, Space, Subset, defaults
from featcls.testing.frames import ordinary_frames
from featcls.testing.imports import IMPORT
from featcls.testing.report import NotApplicable

DRAWS = 200  # configurations of the space that are made, beside those that are run


@dataclass(frozen=True)
class Step:
    """A preprocessor or extractor to be checked, and the frames to check it with."""

    name: str
    factory: Callable[..., Any]
    params: Mapping[str, Any]
    space: Space | None
    given: Sequence[Frame]
    samples: int
    seed: int
    module: str = ""

    @property
    def frames(self) -> list[Frame]:
        """Copies of the frames: what one check does to them, the next does not see."""
        return [frame.replace(image=frame.image.copy()) for frame in self.given]

    def make(self) -> Any:
        """Return a new, unfitted one."""
        return self.factory(**self.params)


def as_step(
    what: Any, space: Space | None, frames: Sequence[Frame] | None, samples: int, seed: int
) -> Step:
    """Make a subject of a registry entry, a class or other factory, or an instance."""
    factory, params = what, {}
    if isinstance(what, Entry):
        factory, space = what.factory, what.params if space is None else space
    elif isinstance(what, Parameters):
        factory, params = type(what), what.get_params()
    name = what.name if isinstance(what, Entry) else getattr(factory, "__name__", repr(factory))
    frames = ordinary_frames(seed) if frames is None else frames
    module = what.module if isinstance(what, Entry) else ""
    return Step(name, factory, params, space, frames, samples, seed, module)


def sampled_params(step: Step, samples: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield parameters drawn from the space, as a config stores and gives them back."""
    if step.space is None:
        raise NotApplicable("no space was given")
    rng = np.random.default_rng(step.seed)
    for _ in range(step.samples if samples is None else samples):
        drawn = {name: sample(param, rng) for name, param in step.space.items()}
        typed = {name: step.space[name].coerce(value) for name, value in drawn.items()}
        yield params_from_json(json.loads(json.dumps(typed, allow_nan=False)))


def sample(param: Param, rng: np.random.Generator) -> Any:
    """Draw one value of a parameter.

    Examples
    --------
    >>> sample(Integer(2, 3), np.random.default_rng(0)) in (2, 3)
    True
    """
    if isinstance(param, Subset):
        members = [value for value in param.values if rng.random() < 0.5]
        return tuple(members or param.default)
    options = param.options()
    if options is not None:
        return options[rng.integers(len(options))]
    low, high = param.low, param.high  # type: ignore[attr-defined]
    if isinstance(param, LogUniform) or getattr(param, "log", False):
        value = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    else:
        value = float(rng.uniform(low, high))
    return round(value) if isinstance(param, Integer) else value


@contextmanager
def untouched_generators() -> Iterator[None]:
    """Fail if the block draws from, or seeds, a global random generator."""
    saved = random.getstate(), np.random.get_state()  # noqa: NPY002
    # On from whatever state a plugin may have seeded before, so that seeding shows again.
    random.random()
    np.random.random()  # noqa: NPY002
    before = random.getstate(), _numpy_state()
    try:
        yield
        assert random.getstate() == before[0], "draws from or seeds the `random` module"
        assert _numpy_state() == before[1], "draws from or seeds numpy.random's generator"
    finally:
        random.setstate(saved[0])
        np.random.set_state(saved[1])  # noqa: NPY002


def _numpy_state() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return name, np.asarray(keys).tobytes(), *rest


def its_parameters_are_those_of_its_space(step: Step) -> None:
    if step.space is None:
        raise NotApplicable("no space was given")
    found = step.factory().get_params()
    wanted = defaults(step.space)
    assert found == wanted, f"constructor defaults are {found}, the space has {wanted}"


def it_can_be_cloned(step: Step) -> None:
    from sklearn.base import clone

    first = step.make()
    second = clone(first)
    assert second.get_params() == first.get_params(), "a clone has other parameters"
    assert not [name for name in vars(second) if name.endswith("_")], "a clone is fitted"


def its_parameters_can_be_set(step: Step) -> None:
    params = step.make().get_params()
    again = step.factory().set_params(**params)
    assert again.get_params() == params, f"set_params left {again.get_params()} of {params}"


def its_parameters_fit_into_a_config(step: Step) -> None:
    params = step.make().get_params()
    again = params_from_json(json.loads(json.dumps(params, allow_nan=False)))
    assert again == params, f"JSON turns {params} into {again}; use plain numbers and tuples"


def every_draw_of_its_space_makes_one(step: Step) -> None:
    for params in sampled_params(step, DRAWS):
        try:
            made = step.factory(**params)
        except Exception as error:
            raise AssertionError(f"{params}: {error}") from error
        assert made.get_params() == params, f"made of {params} it says {made.get_params()}"


COMMON = (
    *IMPORT,
    its_parameters_are_those_of_its_space,
    it_can_be_cloned,
    its_parameters_can_be_set,
    its_parameters_fit_into_a_config,
    every_draw_of_its_space_makes_one,
)
