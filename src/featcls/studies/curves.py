"""Learning curves of networks as tables: bands over seeds, and training beside validation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from featcls.evaluate.metrics import accuracy, log_loss
from featcls.studies.base import Table
from featcls.studies.networks import Tried
from featcls.studies.tables import Figure, table

CONFIDENCE = 0.8  # of figure 3 of Souza et al.

Seeds = Sequence[Sequence[Tried]]  # the stops of each seed


def bands(stages: Mapping[str, Seeds]) -> Table:
    """Return the accuracy on the first part held by epochs: means over the seeds of each network.

    Parameters
    ----------
    stages : mapping
        Network -> seeds -> stops, the same stops for all.
    """
    rows = []
    for k, stop in enumerate(next(iter(stages.values()))[0]):
        rows.append([stop.epochs, *(band(accuracies(seeds, k)) for seeds in stages.values())])
    notes = [
        "Figure 3: mean validation accuracy over the seeds and, in brackets, its 80 % interval "
        "by Student's t over the seeds; the paper has five of each."
    ]
    return table("Learning curves with their bands", ["epochs", *stages], rows, notes)


def accuracies(seeds: Seeds, stop: int, part: int = 0) -> list[float]:
    """Return the accuracy of each seed at a stop on one of the parts held."""
    return [accuracy(*seed[stop].outcomes[part]) for seed in seeds]


def band(values: Sequence[float]) -> Figure:
    """Return a mean over seeds with its 80 % interval, which one seed does not have.

    Examples
    --------
    >>> figure = band([0.9, 0.92, 0.94])
    >>> round(figure["value"], 3), [round(limit, 3) for limit in figure["interval"]]
    (0.92, [0.898, 0.942])
    """
    from scipy.stats import t

    mean, bounds = float(np.mean(values)), None
    if len(values) > 1:
        error = float(np.std(values, ddof=1)) / len(values) ** 0.5
        half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
        bounds = [round(max(mean - half, 0.0), 5), round(min(mean + half, 1.0), 5)]
    spread = [round(float(min(values)), 5), round(float(max(values)), 5)]
    found: Figure = {"value": round(mean, 5), "interval": bounds, "spread": spread}
    return found | {"seeds": len(values)}


def curve(name: str, seeds: Seeds, validation: int, training: int) -> Table:
    """Return accuracy and cross-entropy on two of the parts held by epochs."""
    parts = training, validation
    rows = []
    for stop in zip(*seeds, strict=True):
        shares = [f"{100 * _middle(accuracy, stop, part):.2f} %" for part in parts]
        losses = [round(_middle(log_loss, stop, part), 4) for part in parts]
        rows.append([stop[0].epochs, *shares, *losses])
    columns = ["accuracy, training", "accuracy, validation", "loss, training", "loss, validation"]
    notes = ["Figure 4: medians over the seeds, cross-entropy."]
    return table(f"Learning curve of {name}", ["epochs", *columns], rows, notes)


def _middle(value: Callable[[Any, Any], float], stop: Sequence[Tried], part: int) -> float:
    return float(np.median([value(*tried.outcomes[part]) for tried in stop]))
