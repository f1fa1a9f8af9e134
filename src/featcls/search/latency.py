"""What a pipeline costs: milliseconds a frame on one thread of this machine."""

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from featcls.classifiers import base as classifiers
from featcls.errors import FeatclsError
from featcls.frame import Frame
from featcls.pipeline import Fitted, apply, steps
from featcls.plugins import Registry

FRAMES = 8  # that a chain and its extractors are timed on
BATCH = 32  # vectors that a classifier is given at once, as a model does
ROUNDS = 3
ENOUGH = 1.0  # seconds after which no further round is begun


class TooSlow(FeatclsError):
    """A pipeline that takes longer for a frame than it may."""


def milliseconds(fitted: Fitted, frames: Sequence[Frame], registry: Registry) -> float:
    """Return the time from a frame in memory to its scores, reading it left out.

    The steps are done anew, whatever the cache holds; the median of up to three rounds.

    Parameters
    ----------
    fitted : Fitted
        Its config with all that its chains learned.
    frames : sequence of Frame
        As a reader gives them; one or more.
    registry : Registry
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        _inputs(fitted, frames[:1], registry)  # what is loaded or built once
        began = time.perf_counter()
        rounds = [_round(fitted, frames, registry)]
        while len(rounds) < ROUNDS and time.perf_counter() - began < ENOUGH:
            rounds.append(_round(fitted, frames, registry))
    return 1000 * median(rounds)


def _round(fitted: Fitted, frames: Sequence[Frame], registry: Registry) -> float:
    start = time.perf_counter()
    X = _inputs(fitted, frames, registry)
    extracted = time.perf_counter()
    batch = [X[i % len(frames)] for i in range(BATCH)] if fitted.feature_names else X
    classifiers.scores(fitted.estimator, batch, len(fitted.classes), fitted.multilabel)
    scored = time.perf_counter()
    return (extracted - start) / len(frames) + (scored - extracted) / len(batch)


def _inputs(fitted: Fitted, frames: Sequence[Frame], registry: Registry) -> Any:
    if fitted.config["extractors"]:
        return fitted.scaled(fitted.features(frames, registry))
    chain = steps(fitted.config["preprocess"], registry)
    return [apply(chain, frame) for frame in frames]
