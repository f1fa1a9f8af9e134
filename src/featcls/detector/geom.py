"""What a geometry file says of a detector: its panels, and what does not count on them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from featcls.detector.panels import Panel
from featcls.geometry import Geometry


@dataclass(frozen=True)
class BadRegion:
    """A rectangle that does not count: of one stored panel, or of the laboratory (x, y)."""

    name: str
    panel: str = ""  # empty: every panel it touches
    rows: tuple[float, float] | None = None
    cols: tuple[float, float] | None = None
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


@dataclass(frozen=True)
class MaskSource:
    """A stored mask: its file (empty: the image's own), its data set, and the bits that count."""

    data: str
    file: str = ""
    good: int = 0
    bad: int = 0

    def ignored(self, bits: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return where not all good bits are set, or any bad one.

        Examples
        --------
        >>> MaskSource("/mask", good=1, bad=6).ignored(np.array([0, 1, 3, 9])).tolist()
        [True, False, True, False]
        """
        return np.asarray(((bits & self.good) != self.good) | ((bits & self.bad) != 0))


@dataclass(frozen=True)
class Geom:
    """What a geometry file says.

    Attributes
    ----------
    panels : tuple of Panel
    geometry : Geometry
        Pixel size, distance and wavelength as far as stated; the beam is at x = y = 0.
    regions : list of BadRegion
    no_index : set of str
        Panels that do not count at all.
    edge : dict
        `mask_edge_pixels` of each panel.
    flags : dict
        `flag_lessthan`, `flag_morethan`, `flag_equal` of each panel.
    masks : list of MaskSource
    """

    panels: tuple[Panel, ...]
    geometry: Geometry
    regions: list[BadRegion] = field(default_factory=list)
    no_index: set[str] = field(default_factory=set)
    edge: dict[str, int] = field(default_factory=dict)
    flags: dict[str, dict[str, float]] = field(default_factory=dict)
    masks: list[MaskSource] = field(default_factory=list)
