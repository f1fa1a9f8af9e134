"""One image on its way through a pipeline, and the law of the mask."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.geometry import Geometry

Image = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image with what is known about it.

    The mask law is kept here, once, before any step sees a pixel: non-finite pixels are
    masked, and 0 stands under the mask. Whatever lay there, every result is bit-identical.

    Parameters
    ----------
    image : (rows, cols) array of bool, integer or float
        Kept in its dtype; made C-contiguous, native byte order and read-only.
    mask : (rows, cols) bool array, optional
        True pixels are ignored. A mask without a True is stored as None.
    frame_id : str
        `path`, or `path::/dataset#index`.
    geometry : Geometry, optional
    meta : mapping, optional
        What the reader knows besides; no step depends on it.

    Raises
    ------
    ValueError
        `image` is not two-dimensional or has no pixel; `mask` has another shape.
    TypeError
        `image` is not numeric or `mask` not boolean.

    Examples
    --------
    >>> frame = Frame(np.array([[1.0, np.nan], [3.0, 4.0]]), frame_id="a.npy")
    >>> frame.image.tolist(), frame.mask.tolist()
    ([[1.0, 0.0], [3.0, 4.0]], [[False, True], [False, False]])
    """

    image: Image
    mask: Mask | None = None
    frame_id: str = ""
    geometry: Geometry | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        image = _as_image(self.image)
        mask = _as_mask(self.mask, image)
        # A float may hold -0.0, which is equal to 0 and yet other bytes.
        if mask is not None and (image.dtype.kind == "f" or image[mask].any()):
            image = image.copy()
            image[mask] = 0
        object.__setattr__(self, "image", _read_only(image))
        object.__setattr__(self, "mask", None if mask is None else _read_only(mask))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def valid(self) -> Mask:
        """(rows, cols) bool, True where the pixel counts."""
        return np.ones(self.shape, bool) if self.mask is None else ~self.mask

    @property
    def values(self) -> Image:
        """(n_valid,) the pixels that count, in row order."""
        return self.image.ravel() if self.mask is None else self.image[~self.mask]

    @property
    def status(self) -> str:
        """`ok`, or `masked` where no pixel counts."""
        return "masked" if self.mask is not None and self.mask.all() else "ok"

    def replace(self, **changes: Any) -> "Frame":
        """Return the same frame with other fields; the mask law holds for them."""
        if not changes.keys() <= {"frame_id", "geometry", "meta"}:
            return replace(self, **changes)
        same = copy(self)  # of the same pixels, which need no second look
        for name, value in changes.items():
            object.__setattr__(same, name, value)
        return same


def _as_image(image: Any) -> Image:
    image = np.asarray(image)
    if image.ndim != 2 or image.size == 0:
        raise ValueError(f"image has shape {image.shape}; give (rows, cols) with a pixel or more")
    if image.dtype.kind not in "biuf":
        raise TypeError(f"image has dtype {image.dtype}; give bool, integers or real floats")
    if image.dtype.kind == "b":
        image = image.astype(np.uint8)
    elif image.dtype.kind == "f" and image.dtype.itemsize not in (4, 8):
        image = image.astype(np.float32 if image.dtype.itemsize < 4 else np.float64)
    return np.ascontiguousarray(image, image.dtype.newbyteorder("="))


def _as_mask(mask: Any, image: Image) -> Mask | None:
    """Combine the given mask with the non-finite pixels; None if nothing is masked."""
    result: Mask | None = None
    if mask is not None:
        mask = np.asarray(mask)
        if mask.dtype != bool:
            raise TypeError(f"mask has dtype {mask.dtype}; give bool, True = ignore")
        if mask.shape != image.shape:
            raise ValueError(
                f"mask has shape {mask.shape}, the image {image.shape}; make them equal"
            )
        result = np.ascontiguousarray(mask)
    if image.dtype.kind == "f":
        finite = np.isfinite(image)
        if not finite.all():
            result = ~finite if result is None else result | ~finite
    return result if result is not None and result.any() else None


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
