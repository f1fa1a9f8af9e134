"""Named detectors: pixels, gaps, point spread and noise under one word.

Pixels, modules and gaps are the makers' (PILATUS3, EIGER X, CSPAD in its common 1765 x 1765
assembly, Rayonix HS); gains, noise and point spread are typical figures.
"""

from typing import Any

from featcls.errors import UsageError, unknown

# Photon counters: a count is a photon, none is lost to a neighbour, nothing is read out.
_COUNTING: dict[str, Any] = {"psf": 0.0, "gain_rms": 0.0, "read_noise": 0.0, "offset": 0.0}
_PILATUS: dict[str, Any] = {
    **_COUNTING,
    "tiling": "pilatus",
    "pixel": 172e-6,
    "saturation": 2.0**20 - 1,
}
_EIGER: dict[str, Any] = {**_COUNTING, "tiling": "eiger", "pixel": 75e-6, "saturation": 65535.0}
_RAYONIX: dict[str, Any] = {  # a phosphor on fibre tapers without gaps, two pixels binned to one
    "tiling": "rayonix",
    "pixel": 88.5e-6,
    "psf": 80e-6,
    "photon_gain": 1.5,
    "read_noise": 4.0,
    "offset": 20.0,
    "saturation": 65535.0,
}

DETECTORS: dict[str, dict[str, Any]] = {
    "pilatus-300k": {**_PILATUS, "shape": (619, 487)},
    "pilatus-1m": {**_PILATUS, "shape": (1043, 981)},
    "pilatus-2m": {**_PILATUS, "shape": (1679, 1475)},
    "pilatus-6m": {**_PILATUS, "shape": (2527, 2463)},
    "eiger-1m": {**_EIGER, "shape": (1065, 1030)},
    "eiger-4m": {**_EIGER, "shape": (2167, 2070)},
    "eiger-16m": {**_EIGER, "shape": (4371, 4150)},
    "rayonix-mx170": {**_RAYONIX, "shape": (1920, 1920)},
    "rayonix-mx340": {**_RAYONIX, "shape": (3840, 3840)},
    "cspad": {  # dark-subtracted, so negative counts stand
        "tiling": "cspad",
        "shape": (1765, 1765),
        "pixel": 110e-6,
        "psf": 0.0,
        "photon_gain": 15.0,
        "read_noise": 8.0,
        "offset": 0.0,
        "bottom": -1000.0,
        "saturation": 12000.0,
        "border_gain": 2.0,
    },
    "pnccd": {
        "tiling": "pnccd",
        "shape": (512, 1024),
        "pixel": 75e-6,
        "psf": 0.0,
        "photon_gain": 40.0,
        "gain_rms": 0.01,
        "read_noise": 6.0,
        "offset": 20.0,
        "saturation": 65535.0,
    },
}


def with_detector(changes: dict[str, Any]) -> dict[str, Any]:
    """Replace the word ``detector`` by its fields, which the other changes overrule.

    Raises
    ------
    UsageError
        No such detector.

    Examples
    --------
    >>> changes = with_detector({"detector": "pilatus-6m", "distance": 0.2, "psf": 20e-6})
    >>> changes["shape"], changes["distance"], changes["psf"]
    ((2527, 2463), 0.2, 2e-05)
    """
    rest = dict(changes)
    name = rest.pop("detector", None)
    if name is None:
        return rest
    if name not in DETECTORS:
        raise UsageError(unknown("detector", str(name), DETECTORS))
    return {**DETECTORS[name], **rest}
