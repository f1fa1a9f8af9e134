"""A fitted network as members of a model file, and back: safetensors and JSON, all checked."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from featcls.errors import ModelError
from featcls_torch.estimator import Network
from featcls_torch.params import SPACES

WEIGHTS, DESCRIPTION = "network.safetensors", "network.json"
MAX_SIDE, MAX_OUTPUTS, MAX_STAGES = 1 << 16, 1 << 16, 100
STATISTICS = {"level": (4,), "top": (), "noise": (3,), "mean_image": None}


def save(fitted: Network) -> dict[str, bytes]:
    """Return a fitted network as named bytes."""
    import torch

    from featcls_torch import checkpoint

    tensors: dict[str, torch.Tensor] = {}
    for k, stage in enumerate(fitted.stages_):
        tensors |= checkpoint.under(f"stages/{k}", stage)
    known = fitted.statistics_.arrays()
    tensors |= checkpoint.under("inputs", {k: torch.tensor(v) for k, v in known.items()})
    description = {
        "shape": list(fitted.shape_),
        "outputs": fitted.n_outputs_,
        "multilabel": fitted.multilabel_,
        "stages": len(fitted.stages_),
        "history": fitted.history_,
        "notes": fitted.notes_,
    }
    text = json.dumps(description, sort_keys=True, allow_nan=False)
    return {WEIGHTS: checkpoint.dumps(tensors, {}), DESCRIPTION: text.encode()}


def load(name: str, members: Mapping[str, bytes], params: Mapping[str, Any]) -> Network:
    """Return the network in `members`, ready to score.

    Raises
    ------
    ModelError
        The members are not those of such a network with these parameters.
    """
    from featcls_torch import checkpoint
    from featcls_torch.scaling import Statistics

    if set(members) != {WEIGHTS, DESCRIPTION}:
        raise ModelError(f"members are {sorted(members)}; wanted {DESCRIPTION} and {WEIGHTS}")
    fitted = Network(name, **params)
    try:
        stated = json.loads(members[DESCRIPTION])
        tensors, _ = checkpoint.loads(members[WEIGHTS])
        fitted.shape_ = _sides(stated["shape"])
        fitted.n_outputs_ = _count("outputs", stated["outputs"], MAX_OUTPUTS)
        fitted.multilabel_ = stated["multilabel"] is True
        n_stages = _count("stages", stated["stages"], MAX_STAGES)
        fitted.history_, fitted.notes_ = list(stated["history"]), list(stated["notes"])
        known = checkpoint.below("inputs", tensors)
        fitted.statistics_ = Statistics(**{k: _statistic(k, known[k]) for k in STATISTICS})
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelError(f"{DESCRIPTION} or {WEIGHTS} is not a network's: {error}") from error
    if params["inputs"] == "unit" and fitted.statistics_.mean_image.shape != fitted.shape_:
        raise ModelError(f"{WEIGHTS} holds no mean image of {fitted.shape_} pixels")
    fitted.stages_ = [checkpoint.below(f"stages/{k}", tensors) for k in range(n_stages)]
    wanted = _shapes(fitted)
    for stage in fitted.stages_:
        _check(stage, wanted)
    if len(tensors) != n_stages * len(wanted) + len(STATISTICS):
        raise ModelError(f"{WEIGHTS} holds tensors that nothing asks for")
    return fitted


def _shapes(fitted: Network) -> dict[str, Any]:
    """Return shape and dtype of every weight that the network must have, computing none."""
    import torch

    with torch.device("meta"):
        state = fitted.network().state_dict()
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in state.items()}


def _check(stage: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    found = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in stage.items()}
    if found != wanted:
        wrong = sorted(set(found.items()) ^ set(wanted.items()), key=str)
        raise ModelError(f"{WEIGHTS} does not hold the network's weights: {wrong[0]}")
    for name, tensor in stage.items():
        if not tensor.isfinite().all():
            raise ModelError(f"{WEIGHTS}: {name} is not finite")


def _statistic(name: str, tensor: Any) -> Any:
    array = tensor.numpy()
    shape = STATISTICS[name]
    if array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError(f"{name} is not finite float32")
    if array.shape != shape if shape is not None else array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}")
    return array


def _sides(value: Any) -> tuple[int, int]:
    rows, cols = (_count("shape", side, MAX_SIDE) for side in value)
    return rows, cols


def _count(name: str, value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is {value!r}")
    return value


LOADERS: Mapping[str, Callable[..., Network]] = {name: partial(load, name) for name in SPACES}
