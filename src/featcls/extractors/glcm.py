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
OVER_ANGLES = ("all", "mean", "mean+range")


class GLCM(Extractor):
    """Haralick properties of how often grey levels lie beside each other.

    The properties are those of `featcls.kernels.texture.graycoprops`, of normalised matrices.
    A pair counts where both pixels are valid. A frame without a pair at some offset has there
    correlation 1 and 0 otherwise, as in scikit-image.

    Parameters
    ----------
    distances : tuple of int
        Offsets in pixels.
    angles : tuple of float
        Directions in degrees; 0 points along the columns, 90 down the rows.
    properties : tuple of str
        Of `PROPERTIES`.
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
        """One atom for each distance and angle: all properties of that matrix."""
        return [
            {
                "distance": distance,
                "angle": float(angle),
                "symmetric": self.symmetric,
                "levels": self.levels,
            }
            for distance in self.distances
            for angle in self.angles
        ]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Compute the properties (6,) of each matrix, in one pass for all that agree."""
        results: dict[str, NDArray[Any]] = {}
        for symmetric, levels in {(atom["symmetric"], atom["levels"]) for atom in atoms}:
            group = [a for a in atoms if (a["symmetric"], a["levels"]) == (symmetric, levels)]
            results |= _properties(frame, group, symmetric, levels)
        return [results[atom_key(atom)] for atom in atoms]

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Pick the chosen properties and reduce over angles."""
        table = np.stack([np.asarray(rows[atom_key(atom)]) for atom in self.atoms()], axis=1)
        shape = len(table), len(self.distances), len(self.angles), len(PROPERTIES)
        chosen = [_index(name) for name in self.properties]
        values = np.moveaxis(table.reshape(shape)[..., chosen], 3, 1)
        if self.over_angles != "all":
            parts = [values.mean(axis=3)]
            if self.over_angles == "mean+range":
                parts.append(np.ptp(values, axis=3))
            values = np.stack(parts, axis=3)
        return values.reshape(len(table), -1)


def _properties(
    frame: Frame, atoms: Sequence[Atom], symmetric: bool, levels: int
) -> dict[str, NDArray[Any]]:
    from featcls.kernels.texture import haralick_features

    image = grey_levels(frame, levels, "glcm")
    distances = sorted({atom["distance"] for atom in atoms})
    angles = sorted({atom["angle"] for atom in atoms})
    table = haralick_features(
        image,
        distances,
        np.deg2rad(angles),
        # No property depends on levels that do not occur; counting them takes time.
        int(image.max()) + 1,
        properties=PROPERTIES,
        symmetric=symmetric,
        mask=frame.mask,
    )
    return {
        atom_key(atom): table[:, distances.index(atom["distance"]), angles.index(atom["angle"])]
        for atom in atoms
    }


def _index(name: str) -> int:
    if name not in PROPERTIES:
        raise UsageError(f"glcm has no property {name!r}", f"give some of {PROPERTIES}")
    return PROPERTIES.index(name)


SPACE = {
    "distances": Subset(1, 2, 4, 5, 8, default=(1, 2, 4, 8)),
    "angles": Subset(0.0, 45.0, 90.0, 135.0, default=(0.0, 45.0, 90.0, 135.0)),
    "properties": Subset(*PROPERTIES, default=PROPERTIES),
    "symmetric": Choice(True, False),
    "levels": Choice(256),
    "over_angles": Choice(*OVER_ANGLES),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("glcm", GLCM, SPACE)
