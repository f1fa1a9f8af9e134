"""The training loop: one for all networks, resumed exactly at any epoch."""

import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featcls_torch import checkpoint as files
from featcls_torch.augment import Augmentation
from featcls_torch.loading import Images
from featcls_torch.networks.base import Classifier
from featcls_torch.order import batches_of, set_apart
from featcls_torch.scaling import Statistics, scaled
from featcls_torch.schedule import factor

log = logging.getLogger("featcls.torch")  # below featcls, whose command line shows it with -v

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Task:
    """All that training needs besides the state that it changes."""

    network: Classifier
    images: Images
    y: NDArray[Any]  # codes (n,), or indicators (n, k)
    weight: NDArray[np.float32]  # (n,), mean 1
    params: Mapping[str, Any]
    augmentation: Augmentation
    statistics: Statistics
    device: torch.device
    seed: int
    identity: str  # of parameters and data: a checkpoint of another is not gone on from


@dataclass
class State:
    """What training changes, and a checkpoint holds with the weights and the optimizer."""

    epoch: int = 0
    iteration: int = 0
    best: float | None = None
    since_best: int = 0
    done: bool = False  # stopped early, or diverged
    history: list[dict[str, Any]] = field(default_factory=list)
    recent: list[Weights] = field(default_factory=list)  # the last stages
    chosen: list[Weights] = field(default_factory=list)  # those that the model is made of


def train(task: Task, budget: int, path: Path | None) -> State:
    """Train a network up to `budget` epochs in all; `state.chosen` are the weights to use.

    Each epoch ends with a checkpoint. An epoch draws from (seed, epoch) alone, so what a
    checkpoint begins is what an uninterrupted training goes on with, to the bit on one thread of a
    CPU. Where weights or loss are no longer finite, training ends with the last that were.
    """
    network = task.network.to(task.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = _optimizer(network, task.params)
    state = _resumed(task, optimizer, budget, path) or State()
    if not state.chosen:
        state.chosen = [weights_of(network)]
    fitted, held = set_apart(task.y, task.params["holdout"], task.seed)
    step: Any = torch.compile(network) if task.params.get("compile") else network
    began = time.perf_counter()
    first = state.epoch
    while state.epoch < budget and not state.done:
        start = time.perf_counter()
        loss = _epoch(task, step, optimizer, state, fitted, held)
        if not state.done and not task.params["every"]:
            _stage(task, state, held)
        state.epoch += 1
        entry = {"epoch": state.epoch, "loss": loss, "best": state.best}
        state.history.append({**entry, "seconds": round(time.perf_counter() - start, 3)})
        left = (time.perf_counter() - began) / (state.epoch - first) * (budget - state.epoch)
        log.info("epoch %d of %d: loss %s, %.0f s to go", state.epoch, budget, loss, left)
        if path is not None:
            _save(task, optimizer, state, path)
    return state


def _epoch(
    task: Task,
    step: Any,
    optimizer: torch.optim.Optimizer,
    state: State,
    fitted: NDArray[np.int64],
    held: NDArray[np.int64],
) -> float | None:
    """Go through one epoch; return the mean loss, None where it diverged."""
    p = task.params
    y = task.y[fitted]
    order = batches_of(y, p["batch_size"], p["batches"], p["balanced"], task.seed, state.epoch)
    parts = [fitted[batch] for batch in order]
    rng = torch.Generator(task.device)
    rng.manual_seed(int(np.random.SeedSequence([task.seed, state.epoch]).generate_state(1)[0]))
    total = 0.0
    with own_generator(task.device, rng.initial_seed()):
        task.network.train()
        for k, batch in enumerate(task.images.batches(parts)):
            rate = p["lr"] * factor(
                p["schedule"], p["decay"], p["decay_epochs"], state.epoch + k / len(parts)
            )
            for group in optimizer.param_groups:
                group["lr"] = rate
            given = batch.images, batch.valid
            images, valid = task.augmentation.varied(*given, task.statistics, rng)
            x = scaled(images, valid, p["inputs"], p["mask_channel"], task.statistics)
            total += _step(task, step, optimizer, x, parts[k])
            state.iteration += 1
            if not np.isfinite(total):
                break
            if p["every"] and state.iteration % p["every"] == 0:
                _stage(task, state, held)
                task.network.train()
    if not (np.isfinite(total) and _finite(task.network)):
        log.warning("training diverged in epoch %d; a smaller lr may help", state.epoch + 1)
        state.done = True
        return None
    return total / len(parts)


def _step(
    task: Task,
    step: Any,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    batch: NDArray[np.int64],
) -> float:
    """Take one step down the loss of a batch; return the loss."""
    y = target(task.y[batch], task.device)
    weight = torch.from_numpy(task.weight[batch]).to(task.device)
    optimizer.zero_grad(set_to_none=True)
    with mixed_precision(task.device):
        outputs = step(x)
    loss = (task.network.losses(outputs.float(), y) * weight).mean()
    if task.params["l1"] or task.params["l2"]:
        loss = loss + _elastic(task.network, task.params["l1"], task.params["l2"])
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())


def _elastic(network: Classifier, l1: float, l2: float) -> Tensor:
    """Return l1 |w| + l2 ||w|| over all weights, Zimmermann et al. (2019), equation 10."""
    weights = [w for w in network.parameters() if w.ndim > 1]
    first = torch.stack([w.abs().sum() for w in weights]).sum()
    second = torch.stack([w.square().sum() for w in weights]).sum().sqrt()
    return l1 * first + l2 * second


def _stage(task: Task, state: State, held: NDArray[np.int64]) -> None:
    """Keep the weights as they are now, and choose the last stages or the best so far."""
    p = task.params
    state.recent = [*state.recent, weights_of(task.network)][-p["keep"] :]
    if p["select"] == "last" or not len(held):
        state.chosen = list(state.recent)
        return
    value = _measured(task, held)
    if state.best is None or value > state.best:
        state.best, state.since_best, state.chosen = value, 0, list(state.recent)
    else:
        state.since_best += 1
    state.done = 0 < p["patience"] <= state.since_best


def _measured(task: Task, held: NDArray[np.int64]) -> float:
    """Return how good the network is on frames set apart: macro F1, or the loss negated."""
    multilabel = task.y.ndim > 1
    scores, losses = [], []
    parts = np.array_split(held, -(-len(held) // 32))
    task.network.eval()
    with torch.inference_mode(), mixed_precision(task.device):
        for part, x in zip(parts, inputs_of(task, parts), strict=True):
            outputs = task.network(x).float()
            losses.append(task.network.losses(outputs, target(task.y[part], task.device)))
            scores.append(task.network.scores(outputs, multilabel))
    if task.params["select"] == "loss":
        loss = float(torch.cat(losses).mean())
        return -loss if np.isfinite(loss) else -sys.float_info.max
    from sklearn.metrics import f1_score

    found = torch.cat(scores).cpu().numpy()
    guess = found >= 0.5 if multilabel else found.argmax(1)
    return float(f1_score(task.y[held], guess, average="macro", zero_division=0.0))


def inputs_of(task: Task, parts: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
    """Yield what the network sees of each list of frames where nothing is varied."""
    for batch in task.images.batches(parts):
        central = task.augmentation.central(batch.images, batch.valid)
        yield scaled(*central, task.params["inputs"], task.params["mask_channel"], task.statistics)


def target(y: NDArray[Any], device: torch.device) -> Tensor:
    """Return labels as a network's loss takes them: int64 codes, or float32 indicators."""
    dtype = np.int64 if y.ndim == 1 else np.float32
    return torch.from_numpy(np.ascontiguousarray(y, dtype)).to(device)


@contextmanager
def own_generator(device: torch.device, seed: int) -> Iterator[None]:
    """Give dropout a seed of its own, and the caller's global generators back.

    `torch.manual_seed` would seed those of all GPUs too, which nobody gives back.
    """
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng([device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def mixed_precision(device: torch.device) -> Any:
    """Return the context of a forward pass: bfloat16 where a GPU computes in it."""
    # Older GPUs emulate it, which is slower than float32.
    usable = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, torch.bfloat16, enabled=usable)


def _optimizer(network: Classifier, p: Mapping[str, Any]) -> torch.optim.Optimizer:
    weights = network.parameters()
    if p["optimizer"] == "adam":
        return torch.optim.Adam(weights, p["lr"], (p["momentum"], 0.999), 1e-8, p["weight_decay"])
    return torch.optim.SGD(weights, p["lr"], p["momentum"], weight_decay=p["weight_decay"])


def weights_of(network: Classifier) -> Weights:
    """Return copies of what a network has learned, the statistics of its layers included."""
    return {
        name: tensor.detach().clone(memory_format=torch.contiguous_format)
        for name, tensor in network.state_dict().items()
    }


def _finite(network: Classifier) -> bool:
    tensors = [t for t in network.state_dict().values() if t.is_floating_point()]
    return bool(torch.stack([t.isfinite().all() for t in tensors]).all())


def _save(task: Task, optimizer: torch.optim.Optimizer, state: State, path: Path) -> None:
    tensors = files.under("network", task.network.state_dict())
    for k, slots in optimizer.state_dict()["state"].items():
        values = {name: torch.as_tensor(value) for name, value in slots.items()}
        tensors |= files.under(f"optimizer/{k}", values)
    for name in ("recent", "chosen"):
        for k, weights in enumerate(getattr(state, name)):
            tensors |= files.under(f"{name}/{k}", weights)
    plain = {
        name: getattr(state, name)
        for name in ("epoch", "iteration", "best", "since_best", "done", "history")
    }
    counts = {"n_recent": len(state.recent), "n_chosen": len(state.chosen)}
    files.write(path, tensors, {"identity": task.identity, "state": plain, **counts})


def _resumed(
    task: Task, optimizer: torch.optim.Optimizer, budget: int, path: Path | None
) -> State | None:
    """Bring network and optimizer to where a checkpoint left them, if it is one of this task."""
    found = files.read(path)
    if found is None:
        return None
    tensors, document = found
    if document.get("identity") != task.identity or document["state"]["epoch"] > budget:
        return None
    state = State(**document["state"])
    for name in ("recent", "chosen"):
        stages = [files.below(f"{name}/{k}", tensors) for k in range(document[f"n_{name}"])]
        setattr(state, name, [{k: t.to(task.device) for k, t in s.items()} for s in stages])
    task.network.load_state_dict(files.below("network", tensors))
    weights = list(task.network.parameters())
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in files.below("optimizer", tensors).items():
        number, _, slot = name.partition("/")
        own = weights[int(number)]
        if tensor.shape == own.shape:  # in memory as the weight is: a GPU is slow at mixed orders
            tensor = torch.empty_like(own, requires_grad=False).copy_(tensor)
        slots.setdefault(int(number), {})[slot] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
    return state
