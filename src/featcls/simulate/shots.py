"""What is in a shot, and its class: drawn before, and without, any pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls.simulate import draws
from featcls.simulate.presets import Preset

CLASSES = ("blank", "no-crystal", "weak", "good", "strong")
# Borders of intensity x volume between weak, good and strong: they give the published counts
# 3347 : 2444 : 1472 of lit crystals.
SIGNAL_BORDERS = (0.785, 2.114)


@dataclass(frozen=True, slots=True)
class Shots:
    """Ground truth of n shots, one array an item; see `draw_shots`."""

    index: NDArray[np.int64]
    intensity: NDArray[np.float64]
    volume: NDArray[np.float64]
    jet: NDArray[np.float64]
    wavelength: NDArray[np.float64]
    orientation: NDArray[np.float64]

    @property
    def label(self) -> list[str]:
        """Class of each shot by intensity x volume, the `signal` rule."""
        code = 2 + np.searchsorted(SIGNAL_BORDERS, self.intensity * self.volume, side="right")
        code[self.volume == 0] = 1
        code[self.intensity == 0] = 0
        return [CLASSES[c] for c in code]

    def rows(self) -> list[dict[str, Any]]:
        """The same as one plain dict a shot, with its label."""
        return [
            {
                "index": int(self.index[i]),
                "label": label,
                "intensity": float(self.intensity[i]),
                "volume": float(self.volume[i]),
                "signal": float(self.intensity[i] * self.volume[i]),
                "jet": float(self.jet[i]),
                "wavelength": float(self.wavelength[i]),
                "orientation": [float(part) for part in self.orientation[i]],
            }
            for i, label in enumerate(self.label)
        ]


def draw_shots(preset: Preset, seed: int, indices: ArrayLike) -> Shots:
    """Ground truth of the shots `indices`.

    Parameters
    ----------
    preset : Preset
        Distributions.
    seed : int
        Seed of the series.
    indices : (n,) array of int
        Shot numbers.

    Returns
    -------
    Shots
        ``intensity`` (mean 1 before clipping at 0), ``volume`` of the crystal (1 = full size,
        0 = none), ``jet`` thickness factor, ``wavelength`` (angstrom), ``orientation``
        (n, 4) unit quaternion (w, x, y, z), uniform on SO(3).

    Examples
    --------
    >>> from featcls.simulate.presets import find_preset
    >>> shots = draw_shots(find_preset("diffranet-text"), seed=0, indices=range(3))
    >>> np.linalg.norm(shots.orientation, axis=1).round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    index = np.atleast_1d(np.asarray(indices, np.int64))
    keys = draws.key(seed, index)
    quaternion = np.stack([draws.normal(keys, 10 + 2 * axis) for axis in range(4)], axis=1)
    return Shots(
        index=index,
        intensity=np.maximum(0.0, 1.0 + draws.normal(keys, 0)),
        volume=np.maximum(0.0, preset.volume_mean + draws.normal(keys, 2)),
        jet=np.exp(preset.jet_sigma * draws.normal(keys, 4)),
        wavelength=preset.wavelength * (1.0 + preset.wavelength_rms * draws.normal(keys, 6)),
        orientation=quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True),
    )
