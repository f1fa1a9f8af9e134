"""What a plugin implements. Its module states `featcls_api = 1` and any of these hooks.

Plugin modules are imported whenever featcls starts, so they import heavy packages inside
functions, not at the top.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pluggy

from featcls.spaces import Param

API_VERSION = 1

hookspec = pluggy.HookspecMarker("featcls")
hookimpl = pluggy.HookimplMarker("featcls")


class RegisterStep(Protocol):
    """`register` of preprocessors and extractors."""

    def __call__(
        self,
        name: str,
        factory: Callable[..., Any],
        params: Mapping[str, Param] = ...,
        version: int = 1,
    ) -> None: ...


class RegisterClassifier(Protocol):
    """`register` of classifiers.

    `factory(**params)` returns an estimator with `fit` and `predict_proba` or
    `decision_function`; a factory that names `random_state` or `n_jobs` is given them.
    `takes` is "vector" or "frame"; `multilabel` says that `fit` takes a (n, k) indicator
    matrix; `class_weight` says how class weights reach it: as its own parameter, as sample
    weights, or not at all. `trusted_types` are the types its fitted state needs on loading; or
    `save(estimator) -> dict of name to bytes` and `load(members, params) -> estimator` do
    without.

    `budget` names the parameter that counts rounds, trees or epochs, and `fit_more` fits up to
    a number of them and can go on later::

        fit_more(estimator, X, y, budget, checkpoint, *, sample_weight=None) -> fitted estimator

    `estimator` is unfitted, made by `factory` with the config's parameters, of which the one
    that `budget` names equals the argument `budget`; `X` and `y` are what its `fit` would get,
    and `sample_weight`, an (n,) array, is given where there are weights. `checkpoint` is a
    `pathlib.Path`: it does not exist yet, or holds the state after the last unit that was done.
    `fit_more` goes on from there until `budget` units are done in all, replaces the file by
    renaming a new one (at the end, and in between as often as it likes), and returns a fitted
    estimator. A file that it cannot read, or that is further than `budget`, is as none; other
    rows or parameters never meet the same file. No pickle. Two laws make rungs worth comparing:
    what a unit does depends on no later one (no schedule over the whole budget), and 2 units,
    then 6, then 17 score as 17 in one go, or as `fit` without a checkpoint.
    """

    def __call__(
        self,
        name: str,
        factory: Callable[..., Any],
        params: Mapping[str, Param] = ...,
        *,
        takes: str = "vector",
        multilabel: bool = False,
        class_weight: str | None = None,
        budget: str | None = None,
        fit_more: Callable[..., Any] | None = None,
        trusted_types: Sequence[str] = (),
        save: Callable[..., Any] | None = None,
        load: Callable[..., Any] | None = None,
        version: int = 1,
    ) -> None: ...


class RegisterReader(Protocol):
    """`register` of readers; `extensions` are only a hint, the reader looks at the bytes."""

    def __call__(
        self, name: str, factory: Callable[..., Any], extensions: Sequence[str] = ()
    ) -> None: ...


class RegisterSpace(Protocol):
    """`register` of named search spaces, as the text of a TOML document."""

    def __call__(self, name: str, toml_text: str) -> None: ...


@hookspec
def register_preprocessors(register: RegisterStep) -> None:
    """Register preprocessors: `Frame -> Frame`."""


@hookspec
def register_extractors(register: RegisterStep) -> None:
    """Register feature extractors: `Frame -> float64 vector`."""


@hookspec
def register_classifiers(register: RegisterClassifier) -> None:
    """Register classifiers of feature vectors or of frames."""


@hookspec
def register_readers(register: RegisterReader) -> None:
    """Register readers of image files."""


@hookspec
def register_spaces(register: RegisterSpace) -> None:
    """Register named search spaces."""
