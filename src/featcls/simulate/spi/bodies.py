"""Homogeneous bodies: where they are and how far a point is from their surface. Lengths in nm."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Body:
    """One body of uniform density.

    ``kind`` is "ellipsoid" (``axes``: semi-axes), "icosahedron" (first of ``axes``: radius of its
    corners) or "capsule" (radius, half-length of its straight part, unused). ``turn`` is a unit
    quaternion, ``at`` the centre with z along the beam, ``contrast`` the relative density.
    """

    kind: str
    axes: Vector
    turn: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    at: Vector = (0.0, 0.0, 0.0)
    contrast: float = 1.0

    @property
    def reach(self) -> float:
        """Radius of a sphere about ``at`` that holds the body."""
        if self.kind == "capsule":
            return self.axes[0] + self.axes[1]
        return self.axes[0] if self.kind == "icosahedron" else max(self.axes)

    @property
    def volume(self) -> float:
        """Volume in nm^3.

        Examples
        --------
        >>> round(Body("capsule", (1.0, 2.0, 0.0)).volume / np.pi, 6)    # 4 + 4/3
        5.333333
        """
        a, b, c = self.axes
        if self.kind == "capsule":
            return float(np.pi * a**2 * (2.0 * b + 4.0 / 3.0 * a))
        if self.kind == "icosahedron":
            edge = a / np.sin(2.0 * np.pi / 5.0)
            return float(5.0 * (3.0 + np.sqrt(5.0)) / 12.0 * edge**3)
        return float(4.0 / 3.0 * np.pi * a * b * c)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the truth."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def body_of(data: dict[str, Any]) -> Body:
    """Body of what `Body.as_dict` gave."""
    return Body(**{name: _tuple(value) for name, value in data.items()})


def surface_distance(body: Body, points: Array) -> Array:
    """Signed distance (nm, negative inside) of points (..., 3) in the body's own frame.

    Examples
    --------
    >>> surface_distance(Body("capsule", (1.0, 2.0, 0.0)), np.array([[0.0, 0.0, 4.0]])).tolist()
    [1.0]
    """
    if body.kind == "capsule":
        radius, half, _ = body.axes
        beyond = np.maximum(np.abs(points[..., 2]) - half, 0.0)
        return np.asarray(np.hypot(np.hypot(points[..., 0], points[..., 1]), beyond) - radius)
    inner = body.axes[0] * np.sqrt((5.0 + 2.0 * np.sqrt(5.0)) / 15.0)
    return np.asarray(np.abs(points @ _FACES.T).max(axis=-1) - inner)


def _face_normals() -> Array:
    """Ten of the twenty face normals of an icosahedron; the others are opposite."""
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    corners = [(1.0, y, z) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]
    for a in (-1.0 / golden, 1.0 / golden):
        corners += [(0.0, a, golden), (a, golden, 0.0), (golden, 0.0, a)]
    return np.asarray(np.array(corners) / np.sqrt(3.0))


_FACES = _face_normals()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
