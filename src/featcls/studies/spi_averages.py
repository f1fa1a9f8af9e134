"""Single hits selected by Poisson averages: the slides' reference method on our frames."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.studies import ablation, poisson_em
from featcls.studies import pipelines as p
from featcls.studies.bench import Bench
from featcls.studies.selection import F1, Selected, outcomes
from featcls.studies.sphere import ANGLES, RINGS, exposure
from featcls.studies.spi_frames import ROI, Hits, photons, roi

N_CLASSES = {"toy": 2, "small": 20, "full": 20}
MORE = 3  # times as many
FEW = 10.0  # photons of a point, where its brightness is taken away
ITERATIONS = {"toy": 5, "small": 40, "full": 60}


def by_averages(
    found: Hits, seed: int, n_classes: int | None = None, most: float = np.inf
) -> Selected:
    """Select by Poisson class averages of the labelled frames, classes chosen by their labels.

    Parameters
    ----------
    found : Hits
    seed : int
    n_classes : int, optional
        The reference's by default.
    most : float
        Photons of a point that count; what it has above them does not.
    """
    bench, sets = found.bench, found.sets[seed]
    setting = bench.setting
    (X,) = bench.vectors(p.config([photons(setting)], preprocess=roi()))
    light = np.minimum(X.reshape(-1, RINGS, ANGLES), most)
    labelled = np.concatenate([sets["train"], sets["validation"]])
    seen = _seen_by_all(bench, np.concatenate([labelled, sets["test"]]))
    n_classes = n_classes or setting.of(N_CLASSES)
    averages = poisson_em.fitted(light[labelled], seen, n_classes, setting.of(ITERATIONS), seed)
    wanted = bench.y[labelled] == 1
    chosen = chosen_classes(averages.posterior(light[labelled], seen), wanted)
    scores = averages.posterior(light[sets["test"]], seen)[:, chosen].sum(axis=1)
    return scores >= 0.5, bench.y[sets["test"]] == 1


def rests(found: Hits, em: Sequence[Selected]) -> list[list[Any]]:
    """Return what the F1 of `by_averages`, one a seed, rests on, as rows of `ablation.rests`."""
    few = found.bench.setting.of(N_CLASSES)
    bright, rows = f"photons of a point above {FEW:g}", []
    for label, n in (
        (bright, None),
        (f"{bright}; only {few} classes for {MORE * few}", MORE * few),
    ):
        less = [by_averages(found, seed, n, FEW) for seed in range(len(em))]
        cells = ablation.compared(label, outcomes(em), outcomes(less), *F1)
        rows.append(["Poisson averages", *cells])
    return rows


def _seen_by_all(bench: Bench, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the exposure of the points that no frame masks: each bright hit saturates others."""
    crop = bench.registry.get("preprocessor", "crop").factory(roi=ROI)
    each = (exposure(crop.apply(bench.problem.frame(int(i)))) for i in frames)
    return functools.reduce(np.minimum, each)


def chosen_classes(posterior: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the classes that select best: those richest in wanted frames, as many as help F1.

    Examples
    --------
    >>> posterior = np.eye(3)[[0, 0, 1, 1, 2]]
    >>> chosen_classes(posterior, np.array([True, True, True, False, False])).tolist()
    [True, True, False]
    """
    right, size = posterior[wanted].sum(axis=0), posterior.sum(axis=0)
    order = np.argsort(-right / np.maximum(size, 1e-12))
    f1 = 2 * np.cumsum(right[order]) / (np.cumsum(size[order]) + wanted.sum())
    chosen = np.zeros(len(order), bool)
    chosen[order[: int(np.argmax(f1)) + 1]] = True
    return chosen
