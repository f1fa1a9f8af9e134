"""Haralick properties of grey-level co-occurrence matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Atom, Extractor, Rows, Vector, atom_key
from featcls.extractors.levels import grey_levels
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.spaces import Choice, Subset

featcls_api = 1

PROPERTIES = ("ASM", "contrast", "correlation", "dissimilarity", "energy", "homogeneity")
MORE_PROPERTIES = (
    "difference_entropy", "difference_variance", "entropy", "imc1", "imc2", "mean", "std",
    "sum_average", "sum_entropy", "sum_variance", "variance",
)  # fmt: skip
GROUPS = {"basic": PROPERTIES, "more": MORE_PROPERTIES}  # an atom holds one of them
OVER_ANGLES = ("all", "mean", "mean+range")


class GLCM(Extractor):
    """Haralick properties of how often grey levels lie beside each other.

    The properties are those of `featcls.kernels.texture.haralick_features`.
    A pair counts where both pixels are valid. A frame without a pair at some offset has there
    correlation 1 and 0 otherwise, as in scikit-image.

    Parameters
    ----------
    distances : tuple of int
        Offsets in pixels.
    angles : tuple of float
        Directions in degrees; 0 points along the columns, 90 down the rows.
    properties : tuple of str
        Of `PROPERTIES` and `MORE_PROPERTIES`; the latter take logarithms of every count.
    symmetric : bool
        Count each pair both ways.
    levels : int
        Grey levels are 0 to levels - 1; a frame with others is refused. The features do not
        depend on it.
    over_angles : {"all", "mean", "mean+range"}
        Keep the features of every angle, or their mean, or mean and largest less smallest.

    References
    ----------
    Haralick, Shanmugam & Dinstein (1973), doi:10.1109/TSMC.1973.4309314.

    Examples
    --------
    >>> stripes = Frame(np.array([[0, 0, 0], [2, 2, 2]]))
    >>> glcm = GLCM(distances=(1,), angles=(0.0, 90.0), properties=("contrast",))
    >>> dict(zip(glcm.feature_names(), glcm.extract(stripes).tolist()))
    {'contrast_d1_a0': 0.0, 'contrast_d1_a90': 4.0}
    """

    shared_pass = True
    releases_gil = True

    def __init__(
        self,
        distances: tuple[int, ...] = (1, 2, 4, 8),
        angles: tuple[float, ...] = (0.0, 45.0, 90.0, 135.0),
        properties: tuple[str, ...] = PROPERTIES,
        symmetric: bool = True,
        levels: int = 256,
        over_angles: str = "all",
    ) -> None:
        self.distances = distances
        self.angles = angles
        self.properties = properties
        self.symmetric = symmetric
        self.levels = levels
        self.over_angles = over_angles

    def feature_names(self) -> list[str]:
        """`property_d<distance>_<angle, mean or range>`, properties slowest."""
        if self.over_angles not in OVER_ANGLES:
            raise UsageError(f"glcm: over_angles is {self.over_angles!r}", f"give {OVER_ANGLES}")
        ends = self.over_angles.split("+")
        if ends == ["all"]:
            ends = [f"a{angle:g}" for angle in self.angles]
        return [
            f"{name}_d{distance}_{end}"
            for name in self.properties
            for distance in self.distances
            for end in ends
        ]

    def atoms(self) -> list[Atom]:
        """One atom for each group of properties, distance and angle."""
        if any(distance < 1 for distance in self.distances):
            raise UsageError(
                f"glcm: distances are {self.distances}", "give whole pixels, 1 or more"
            )
        return [
            {
                "group": group,
                "distance": distance,
                "angle": float(angle),
                "symmetric": self.symmetric,
                "levels": self.levels,
            }
            for group in self._groups()
            for distance in self.distances
            for angle in self.angles
        ]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Compute a group's properties (n,) of each matrix, in one pass for all that agree."""
        tables = {}
        for settings in {_settings(atom) for atom in atoms}:
            together = [_offset(atom) for atom in atoms if _settings(atom) == settings]
            tables[settings] = _properties(frame, together, *settings)
        return [tables[_settings(atom)][_offset(atom)] for atom in atoms]

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Pick the chosen properties and reduce over angles."""
        groups, places = self._groups(), (len(self.distances), len(self.angles))
        columns = [np.asarray(rows[atom_key(atom)]) for atom in self.atoms()]
        n, step = len(columns[0]), places[0] * places[1]
        tables = [
            np.stack(columns[k * step : (k + 1) * step], axis=2).reshape(n, -1, *places)
            for k in range(len(groups))
        ]
        names = [name for group in groups for name in GROUPS[group]]
        values = np.concatenate(tables, axis=1)[:, [names.index(p) for p in self.properties]]
        if self.over_angles != "all":
            parts = [values.mean(axis=3)]
            if self.over_angles == "mean+range":
                parts.append(np.ptp(values, axis=3))
            values = np.stack(parts, axis=3)
        return values.reshape(n, -1)

    def _groups(self) -> list[str]:
        """Names of the groups that the properties are in."""
        for name in self.properties:
            if name not in PROPERTIES + MORE_PROPERTIES:
                known = ", ".join(PROPERTIES + MORE_PROPERTIES)
                raise UsageError(f"glcm has no property {name!r}", f"give some of {known}")
        return [group for group, names in GROUPS.items() if {*names} & {*self.properties}]


def _settings(atom: Atom) -> tuple[str, bool, int]:
    return atom["group"], atom["symmetric"], atom["levels"]


def _offset(atom: Atom) -> tuple[int, float]:
    return atom["distance"], atom["angle"]


def _properties(
    frame: Frame, offsets: Sequence[tuple[int, float]], group: str, symmetric: bool, levels: int
) -> dict[tuple[int, float], NDArray[Any]]:
    from featcls.kernels.texture import haralick_features

    image = grey_levels(frame, levels, "glcm")
    distances = sorted({distance for distance, _ in offsets})
    angles = sorted({angle for _, angle in offsets})
    table = haralick_features(
        image,
        distances,
        np.deg2rad(angles),
        # No property depends on levels that do not occur; counting them takes time.
        int(image.max()) + 1,
        properties=GROUPS[group],
        symmetric=symmetric,
        mask=frame.mask,
    )
    return {
        (distance, angle): table[:, distances.index(distance), angles.index(angle)]
        for distance, angle in offsets
    }


SPACE = {
    "distances": Subset(1, 2, 4, 5, 8, default=(1, 2, 4, 8)),
    "angles": Subset(0.0, 45.0, 90.0, 135.0, default=(0.0, 45.0, 90.0, 135.0)),
    "properties": Subset(*PROPERTIES, default=PROPERTIES, unsearched=MORE_PROPERTIES),
    "symmetric": Choice(True, False),
    "levels": Choice(256),
    "over_angles": Choice(*OVER_ANGLES),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("glcm", GLCM, SPACE, version=2)
