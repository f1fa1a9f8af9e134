"""One shot of single-particle imaging: from its draw to its counts and its truth."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from featcls.simulate import draws
from featcls.simulate.background import CLASSICAL_RADIUS
from featcls.simulate.detector import Light, detect
from featcls.simulate.spi.bodies import body_of
from featcls.simulate.spi.particles import SETS, Dice
from featcls.simulate.spi.scatter import amplitude
from featcls.simulate.spi.settings import SpiPreset
from featcls.simulate.tiles import radius_map, tiles


def draw_flights(preset: SpiPreset, seed: int, indices: ArrayLike) -> list[dict[str, Any]]:
    """Truth of the shots `indices`, before any pixel.

    Returns
    -------
    list of dict
        ``label`` (a text, for droplets a list), ``size`` (nm, largest diameter of the first
        body), ``brightness`` (fluence over the preset's), ``bodies``, ``wavelength`` (angstrom).
    """
    _, draw = SETS[preset.particles]
    rows = []
    for index in np.atleast_1d(np.asarray(indices, np.int64)).tolist():
        dice = Dice(int(draws.key(seed, index)))
        brightness = float(np.exp(preset.fluence_sigma * dice.normal()))
        flight = draw(preset, dice)
        label: Any = list(flight.labels)
        if preset.particles != "droplets":
            label = flight.labels[0]
        rows.append(
            {
                "index": index,
                "label": label,
                "size": 2.0 * flight.bodies[0].reach if flight.bodies else 0.0,
                "brightness": brightness if flight.bodies else 0.0,
                "wavelength": preset.wavelength,
                "bodies": [body.as_dict() for body in flight.bodies],
            }
        )
    return rows


def expected_light(preset: SpiPreset, row: dict[str, Any]) -> Light:
    """Mean photons of a shot: what the bodies scatter, and the background."""
    fade = radius_map(preset) / (0.5 * min(preset.shape))
    light = (preset.background / (1.0 + 2.0 * fade)).astype(np.float32)
    bodies = [body_of(data) for data in row["bodies"]]
    if bodies:
        offset = radius_map(preset) * preset.pixel
        cosine = preset.distance / np.hypot(offset, preset.distance)
        solid_angle = (preset.pixel / preset.distance) ** 2 * cosine**3
        electron = CLASSICAL_RADIUS**2 * solid_angle * (1.0 + cosine**2) / 2.0
        scale = preset.fluence * row["brightness"] * preset.density**2
        light += (scale * electron * np.abs(amplitude(preset, bodies)) ** 2).astype(np.float32)
    return light * tiles(preset).shadow


def render(preset: SpiPreset, seed: int, row: dict[str, Any]) -> tuple[Light, dict[str, Any]]:
    """Counts of one shot as whole float32 numbers, and its truth with its mean photons."""
    light = expected_light(preset, row)
    photons = float(light[~tiles(preset).dead].sum(dtype=np.float64))
    counts = detect(preset, np.minimum(light, np.float32(1e9)), int(draws.key(seed, row["index"])))
    return counts, {**row, "photons": photons, "preset": preset.name, "seed": seed}
