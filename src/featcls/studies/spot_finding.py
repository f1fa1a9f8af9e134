"""What Ke et al. set their spot finder to, and hits told from misses by a number of spots."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate import find_preset
from featcls.studies import pipelines
from featcls.studies.base import Setting
from featcls.studies.bench import Bench, Matrix
from featcls.studies.pipelines import Step

# Ke et al., table 2: gain (ADU a photon), global threshold (ADU), sigma_strong, minimum area.
TABLE_2 = {
    "L498": (4.55, 100.0, 6.0, 3),
    "LG36": (15.64, 100.0, 3.0, 2),
    "LN84": (0.31, 200.0, 3.0, 3),
    "LN83": (0.27, 200.0, 3.0, 3),
    "LO19": (0.19, 200.0, 3.0, 3),
}
# Ke et al., table 3: hits recalled and misses kept, by the CNN and by the spot finder.
TABLE_3 = {
    "L498": ((0.690, 0.931), (0.128, 0.995)),
    "LG36": ((0.911, 0.982), (0.777, 0.974)),
    "LN84": ((0.985, 0.899), (0.699, 0.996)),
    "LN83": ((0.985, 0.969), (0.858, 0.999)),
    "LO19": ((0.948, 0.960), (0.806, 1.000)),
}
NOTE = (
    "Spots are found with global threshold, sigma_strong and minimum area of table 2 of the "
    "paper. The gain is the table's for real frames and the preset's for simulated ones: it "
    "belongs to the detector."
)


def finder(run: str, setting: Setting, limit: float | None = None) -> Step:
    """Return the `spots` extractor as the paper set its finder for a run.

    Parameters
    ----------
    run : str
    setting : Setting
    limit : float, optional
        Global threshold in place of the table's.
    """
    gain, above, strong, area = TABLE_2[run]
    if setting.data is None:
        gain = find_preset(run).photon_gain
    (made,) = pipelines.spots(
        gain=gain,
        global_threshold=above if limit is None else limit,
        sigma_strong=strong,
        min_spot_size=area,
    )
    return made


def in_photons(run: str) -> float:
    """Return the global threshold that lies at as many photons of a preset as the table's.

    Examples
    --------
    >>> round(in_photons("LN84"), 1)  # 200 of 0.31 counts a photon, of 1.5 counts a photon
    967.7
    """
    gain, above, *_ = TABLE_2[run]
    return above * find_preset(run).photon_gain / gain


def counts(bench: Bench, run: str, limit: float | None = None) -> Matrix:
    """Return the number of spots of each frame, as `finder` is set."""
    (X,) = bench.vectors(pipelines.config([finder(run, bench.setting, limit)]))
    return X[:, 0]


def threshold(spots: Matrix, hit: NDArray[Any]) -> int:
    """Return the least number of spots of a hit: the one with the best mean of both recalls.

    Examples
    --------
    >>> threshold(np.array([0.0, 2.0, 9.0, 12.0]), np.array([False, False, True, True]))
    9
    """
    tried = np.unique(np.concatenate([[1.0], spots])).astype(int)
    if not hit.any() or hit.all():
        return int(tried[0])
    worth = [(spots[hit] >= least).mean() + (spots[~hit] < least).mean() for least in tried]
    return int(tried[int(np.argmax(worth))])


def recalls(found: NDArray[Any], hit: NDArray[Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (right, of how many) of the hits and of the misses."""
    return (
        (int((found & hit).sum()), int(hit.sum())),
        (int((~found & ~hit).sum()), int((~hit).sum())),
    )
