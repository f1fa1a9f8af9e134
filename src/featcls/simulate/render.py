"""One shot of serial crystallography: from its draw to its counts and its full truth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate import draws
from featcls.simulate.background import fields
from featcls.simulate.detector import Light, detect
from featcls.simulate.rules import label
from featcls.simulate.settings import Preset
from featcls.simulate.spots import Reflections, expose
from featcls.simulate.tiles import tiles

VISIBLE_SIGMA = 5.0


def expected_light(preset: Preset, row: dict[str, Any]) -> tuple[Light, dict[str, Any]]:
    """Mean photons of a shot, and what of the crystal can be seen.

    Parameters
    ----------
    preset : Preset
        Beam, sample and detector.
    row : dict
        Of `Shots.rows`.

    Returns
    -------
    light : (rows, cols) float32 array
    seen : dict
        ``visible_spots``: reflections above 5 sigma of what lies under them; ``resolution``:
        spacing in angstrom that 99 % of those do not exceed, 0 without any.
    """
    light = np.zeros(preset.shape, np.float32)
    if row["intensity"] == 0:
        return light, {"visible_spots": 0, "resolution": 0.0}
    field, shadow = fields(preset), tiles(preset).shadow
    light += field.water * np.float32(row["jet"])
    light += field.air
    for part, amount in (
        (field.ice, row["ice"]),
        (field.disorder, row["volume"] if preset.disorder else 0.0),
        (field.streak, row["jet"] if preset.streak else 0.0),
    ):
        if amount:
            light += part * np.float32(amount)
    light *= np.float32(row["intensity"])
    smooth = light * shadow
    spots = []
    if row["volume"] > 0:
        strength = row["signal"] / len(row["orientation"])
        for quaternion in row["orientation"]:
            turn = np.array(quaternion)
            spots.append(expose(preset, strength, row["wavelength"], turn, light))
    light *= shadow
    return light, _seen(preset, smooth, spots)


def render(preset: Preset, seed: int, row: dict[str, Any]) -> tuple[Light, dict[str, Any]]:
    """Counts of one shot, and its whole truth with its label.

    Returns
    -------
    counts : (rows, cols) float32 array
        Whole numbers.
    truth : dict
        `row` with what is seen, ``label``, ``preset`` and ``seed``.
    """
    light, seen = expected_light(preset, row)
    counts = detect(preset, light, int(draws.key(seed, row["index"])))
    truth = {**row, **seen, "preset": preset.name, "seed": seed}
    return counts, {**truth, "label": label(preset, truth)}


def _seen(preset: Preset, smooth: Light, lattices: list[Reflections]) -> dict[str, Any]:
    """Count the reflections that stand out of the smooth light under their footprint."""
    maps = tiles(preset)
    spacings: list[NDArray[np.float64]] = []
    rows, cols = preset.shape
    for spots in lattices:
        row, col = np.rint(spots.row).astype(np.int64), np.rint(spots.col).astype(np.int64)
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        at = row[inside], col[inside]
        side = 1.0 + 2.0 * preset.psf / preset.pixel
        area = side * (side + 2.0 * spots.half_length[inside])
        noise = (preset.read_noise / max(preset.photon_gain, 1e-9)) ** 2
        sigma = np.sqrt(area * (smooth[at] + noise))
        seen = spots.photons[inside] * maps.shadow[at] > VISIBLE_SIGMA * sigma
        spacings.append(1.0 / spots.q[inside][seen & ~maps.dead[at]])
    every = np.concatenate([*spacings, np.empty(0)])
    resolution = float(np.percentile(every, 1)) if every.size else 0.0
    return {"visible_spots": int(every.size), "resolution": resolution}
