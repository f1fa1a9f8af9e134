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
    weights, or not at all; `budget` names the parameter that counts rounds, trees or epochs and
    `fit_more(estimator, X, y, budget, checkpoint)` goes on from there. `trusted_types` are the
    types its fitted state needs on loading; or `save(estimator) -> dict of name to bytes` and
    `load(members, params) -> estimator` do without.
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
