"""What is in a shot: drawn before, and without, any pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls.simulate import draws
from featcls.simulate.settings import Preset


@dataclass(frozen=True, slots=True)
class Shots:
    """What n shots are made of, one array an item; see `draw_shots`."""

    index: NDArray[np.int64]
    intensity: NDArray[np.float64]
    volume: NDArray[np.float64]
    jet: NDArray[np.float64]
    ice: NDArray[np.float64]
    wavelength: NDArray[np.float64]
    lattices: NDArray[np.int64]
    orientation: NDArray[np.float64]

    def rows(self) -> list[dict[str, Any]]:
        """One plain dict a shot; ``signal`` is intensity times volume."""
        return [
            {
                "index": int(self.index[i]),
                "intensity": float(self.intensity[i]),
                "volume": float(self.volume[i]),
                "signal": float(self.intensity[i] * self.volume[i]),
                "jet": float(self.jet[i]),
                "ice": float(self.ice[i]),
                "wavelength": float(self.wavelength[i]),
                "orientation": self.orientation[i, : self.lattices[i]].tolist(),
            }
            for i in range(len(self.index))
        ]


def draw_shots(preset: Preset, seed: int, indices: ArrayLike) -> Shots:
    """Draw what the shots `indices` are made of.

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
        0 = none), ``jet`` thickness factor, ``ice`` strength of the rings (0 = none),
        ``wavelength`` (angstrom), number of ``lattices``, and ``orientation``: unit quaternions
        (n, most lattices, 4) as (w, x, y, z), uniform on SO(3).

    Examples
    --------
    >>> from featcls.simulate.presets import find_preset
    >>> shots = draw_shots(find_preset("diffranet-text"), seed=0, indices=range(3))
    >>> np.linalg.norm(shots.orientation, axis=2).round(6).tolist()
    [[1.0], [1.0], [1.0]]
    """
    index = np.atleast_1d(np.asarray(indices, np.int64))
    keys = draws.key(seed, index)
    quaternions = [
        [draws.normal(draws.subkey(keys, 20 + lattice), 2 * axis) for axis in range(4)]
        for lattice in range(preset.lattices)
    ]
    orientation = np.moveaxis(np.array(quaternions), -1, 0)
    icy = draws.uniform(keys, 8) < preset.ice_share
    intensity = np.maximum(0.0, 1.0 + draws.normal(keys, 0))
    volume = np.maximum(0.0, preset.volume_mean + draws.normal(keys, 2))
    strength = preset.ice_strength * (0.1 + 0.9 * draws.uniform(keys, 9))
    return Shots(
        index=index,
        intensity=intensity,
        volume=volume * np.exp(preset.volume_sigma * draws.normal(keys, 11)),
        jet=np.exp(preset.jet_sigma * draws.normal(keys, 4)),
        ice=np.where(icy & (intensity > 0), strength, 0.0),
        wavelength=preset.wavelength * (1.0 + preset.wavelength_rms * draws.normal(keys, 6)),
        lattices=1 + (draws.uniform(keys, 10) * preset.lattices).astype(np.int64),
        orientation=orientation / np.linalg.norm(orientation, axis=2, keepdims=True),
    )
