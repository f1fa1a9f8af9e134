"""Classes of shots from their ground truth, by selectable rules."""

from typing import Any

import numpy as np

from featcls.simulate.settings import Preset

CLASSES = ("blank", "no-crystal", "weak", "good", "strong")
KE_CLASSES = ("miss", "maybe", "hit")

# Borders weak | good | strong that give the published 3347 : 2444 : 1472 of lit crystals. Those of
# `n_spots` were measured on the preset diffranet-figure@1 and are only a scale for others.
BORDERS = {
    "signal": (0.785, 2.114),
    "volume": (0.8244, 1.5797),
    "n_spots": (5200.0, 6700.0),
}
KE_BORDERS = (4, 10)  # visible spots: 4 to 9 is maybe


def classes(preset: Preset) -> tuple[str, ...]:
    """Classes that the preset's rule can give, in order."""
    return KE_CLASSES if preset.labels == "ke" else CLASSES


def needs_spots(preset: Preset) -> bool:
    """Whether the rule counts visible spots, so that labels cost an exposure each."""
    return preset.labels in ("n_spots", "ke")


def label(preset: Preset, row: dict[str, Any]) -> str:
    """Class of one shot.

    Parameters
    ----------
    preset : Preset
        Its ``labels`` names the rule. ``signal`` (intensity x volume), ``volume`` and ``n_spots``
        (visible spots) sort lit crystals into weak, good and strong; ``ke`` calls 10 visible
        spots a hit and 4 a maybe (Ke et al. 2018, doi:10.1107/S1600577518004873).
    row : dict
        Of `Shots.rows`; with ``visible_spots`` where `needs_spots`.

    Examples
    --------
    >>> from featcls.simulate.presets import find_preset
    >>> label(find_preset("diffranet-text"), {"intensity": 1.0, "volume": 2.0, "signal": 2.0})
    'good'
    """
    rule = preset.labels
    if rule == "ke":
        return KE_CLASSES[int(np.searchsorted(KE_BORDERS, row["visible_spots"], side="right"))]
    if row["intensity"] == 0:
        return "blank"
    if row["volume"] == 0:
        return "no-crystal"
    value = row["visible_spots"] if rule == "n_spots" else row[rule]
    return CLASSES[2 + int(np.searchsorted(BORDERS[rule], value, side="right"))]
