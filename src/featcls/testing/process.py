"""The contract of steps, as far as other processes must give the same."""

import hashlib
import json
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any

import numpy as np

from featcls.config import params_from_json
from featcls.frame import Frame
from featcls.testing.elsewhere import Failed, elsewhere
from featcls.testing.report import NotApplicable
from featcls.testing.step import Step


def same_elsewhere(function: Callable[[Any], list[str]], document: dict[str, Any]) -> None:
    """Fail unless a function gives the same texts here and in another process, backwards."""
    document = json.loads(json.dumps(document, allow_nan=False))
    wanted = function(document)
    try:
        found = elsewhere(
            f"{function.__module__}:{function.__name__}", {**document, "backwards": True}
        )
    except Failed as fault:
        raise AssertionError(f"another process fails: {fault}") from None
    assert found == wanted, "another process gives other numbers"


def document_of(step: Step) -> dict[str, Any]:
    """Describe a step and its frames so that another process can make them."""
    factory = step.factory
    place = [getattr(factory, "__module__", ""), getattr(factory, "__qualname__", "")]
    try:
        known = elsewhere("featcls.testing.process:found", *place)
    except Failed:
        known = False
    if not known:
        raise NotApplicable("another process cannot import it by name")
    frames = [
        [frame.image.tolist(), frame.image.dtype.str, frame.valid.tolist(), frame.frame_id]
        for frame in step.frames
    ]
    return {"place": place, "params": dict(step.params), "frames": frames, "seed": step.seed}


def step_of(document: dict[str, Any]) -> Step:
    """Make the step that `document_of` described."""
    factory = _named(*document["place"])
    frames = [
        Frame(np.array(image, dtype), ~np.array(valid), frame_id)
        for image, dtype, valid, frame_id in document["frames"]
    ]
    params = params_from_json(document["params"])
    return Step(factory.__name__, factory, params, None, frames, 0, document["seed"])


def each(document: dict[str, Any], items: list[Any], function: Callable[[Any], str]) -> list[str]:
    """Return what a function gives for each item, the last one first if the document says so."""
    step = -1 if document.get("backwards") else 1
    return [function(item) for item in items[::step]][::step]


def digest(*arrays: Any) -> str:
    """Return the SHA-256 of types, shapes and bytes of arrays.

    Examples
    --------
    >>> digest(np.zeros(2)) == digest(np.zeros(2)), digest(np.zeros(2)) == digest(np.zeros(3))
    (True, False)
    """
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return sha.hexdigest()


def found(module: str, qualname: str) -> bool:
    """Say whether something can be imported by its name."""
    return callable(_named(module, qualname))


def _named(module: str, qualname: str) -> Any:
    return reduce(getattr, qualname.split("."), import_module(module))
