"""How much each choice weighed in the value of a trial, as a random forest sees it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.report.params import FEATURES, Column, columns

if TYPE_CHECKING:
    from featcls.search.store import Trial

FEWEST = 20  # trials below which nothing can be said
SEEN = 0.05  # share of the trials that have had a choice at all, at least
TREES, REPEATS, ROWS = 64, 3, 400
SHUFFLED = 20  # choices, those that the forest splits by most


class Weights(NamedTuple):
    """What the forest says: the variance it explains unseen, and each choice's share."""

    explained: float
    shares: list[tuple[str, float]]  # greatest first


def weights(trials: Sequence["Trial"]) -> Weights | None:
    """Return the weight of each choice over finished trials, or None where they are too few.

    A random forest (Breiman 2001, doi:10.1023/A:1010933404324) learns the rank of the value;
    a choice's weight is what its mean squared error gains when that column is shuffled.
    """
    if len(trials) < FEWEST:
        return None
    used = [c for c in columns(trials) if np.mean(~np.isnan(c.codes)) >= SEEN]
    used = [column for column in used if column.name != FEATURES] + _presence(trials)
    if not used:
        return None
    from scipy.stats import rankdata

    rank = rankdata([-(trial.loss or 0.0) for trial in trials]) / len(trials)
    X = np.column_stack([_filled(column) for column in used])
    return _forest(used, X, rank)


def _presence(trials: Sequence["Trial"]) -> list[Column]:
    """Return a column an extractor: whether a trial has it."""
    sets = [{item["name"] for item in trial.config.get("extractors", [])} for trial in trials]
    names = sorted(set.union(*sets))
    made = [Column(f"with {name}", [float(name in own) for own in sets]) for name in names]
    return [column for column in made if column.varies]


def _filled(column: Column) -> NDArray[np.float64]:
    """Return the codes; where there was no such choice the median, so that absence is no news."""
    missing = np.isnan(column.codes)
    return np.where(missing, np.median(column.codes[~missing]), column.codes)


def _forest(used: list[Column], X: NDArray[np.float64], rank: NDArray[np.float64]) -> Weights:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        TREES, min_samples_leaf=2, max_features=0.5, oob_score=True, random_state=0
    )
    forest.fit(X, rank)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(X))[:ROWS]
    X, rank = X[rows], rank[rows]
    error = np.mean((forest.predict(X) - rank) ** 2)
    gains = np.zeros(len(used))
    for k in np.argsort(-forest.feature_importances_)[:SHUFFLED]:
        shuffled = np.repeat(X[None], REPEATS, axis=0)
        for copy in shuffled:
            copy[:, k] = rng.permutation(X[:, k])
        foretold = forest.predict(shuffled.reshape(-1, X.shape[1])).reshape(REPEATS, -1)
        gains[k] = max(np.mean((foretold - rank) ** 2) - error, 0.0)
    total = gains.sum() or 1.0
    order = np.argsort(-gains, kind="stable")
    shares = [(used[k].name, float(gains[k] / total)) for k in order]
    return Weights(float(forest.oob_score_), shares)
