"""Checks and conversions of kernel arguments, each written once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.levels import find_range

Array = NDArray[Any]

MAX_LEVELS = 65536
# Pixel types the float kernels read as they are; every other one goes through float64.
PIXEL_TYPES = (np.uint8, np.uint16, np.int32, np.float32, np.float64)


def as_stack(image: ArrayLike, name: str = "image") -> tuple[Array, bool]:
    """The image as a stack (n, rows, cols) of real numbers, and whether it was a single one."""
    array = np.asarray(image)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} has dtype {array.dtype}; an array of real numbers is wanted")
    if array.ndim not in (2, 3):
        raise ValueError(
            f"{name} has {array.ndim} dimensions, shape {array.shape}; "
            "one image (rows, cols) or a stack (n, rows, cols) is wanted"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty, shape {array.shape}")
    return (array[None], True) if array.ndim == 2 else (array, False)


def as_masks(mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The mask as (k, rows, cols) bytes: k = 0 without one, 1 for all images, or n."""
    if mask is None:
        return np.empty((0, *shape[1:]), np.uint8)
    array = np.asarray(mask)
    if array.dtype != np.bool_:
        raise TypeError(f"mask has dtype {array.dtype}; bool is wanted, True where ignored")
    if array.shape not in (shape, shape[1:]):
        raise ValueError(f"mask has shape {array.shape}, the image {_image_shape(shape)}")
    return np.ascontiguousarray(array.reshape(-1, *shape[1:])).view(np.uint8)


def as_levels(
    image: ArrayLike, levels: int | None, mask: ArrayLike | None
) -> tuple[Array, NDArray[np.uint8], int, tuple[int, int], bool]:
    """Grey levels as uint8 or uint16, the masks, the number of levels, the lowest and highest, and
    whether it was one image.

    What lies under the mask may be above the highest.
    """
    stack, single = as_stack(image)
    masks = as_masks(mask, stack.shape)
    if stack.dtype.kind == "f":
        raise ValueError(
            f"image has dtype {stack.dtype}; grey levels are integers: quantise it first"
        )
    if levels is None:
        if stack.dtype not in (np.uint8, np.int8):
            raise ValueError(f"levels is needed for an image of dtype {stack.dtype}")
        levels = 256
    levels = as_count("levels", levels, 1, MAX_LEVELS)
    low, high = _range(stack, masks)
    if low < 0:
        raise ValueError(f"image has grey level {low}; levels start at 0: quantise it first")
    if high >= levels:
        raise ValueError(f"image has grey level {high}, levels is {levels}; quantise it first")
    dtype = np.uint8 if levels <= 256 else np.uint16
    return np.ascontiguousarray(stack, dtype), masks, levels, (low, high), single


def _range(stack: Array, masks: NDArray[np.uint8]) -> tuple[int, int]:
    """Lowest and highest level of the pixels that are not masked; (0, 0) if there are none."""
    if stack.dtype in (np.uint8, np.uint16):
        low, high = find_range(np.ascontiguousarray(stack), masks)
        return (low, high) if low <= high else (0, 0)
    valid = stack[np.broadcast_to(masks == 0, stack.shape)] if len(masks) else stack
    return (int(valid.min()), int(valid.max())) if valid.size else (0, 0)


def as_values(image: ArrayLike, mask: ArrayLike | None) -> tuple[Array, NDArray[np.uint8], bool]:
    """Finite pixel values in one of PIXEL_TYPES, the masks, and whether it was one image."""
    stack, masks, single = as_pixels(image, mask)
    if stack.dtype.kind == "f" and not _has_finite_sum(stack):
        check_finite(stack, masks, single)
    return stack, masks, single


def as_pixels(image: ArrayLike, mask: ArrayLike | None) -> tuple[Array, NDArray[np.uint8], bool]:
    """What `as_values` gives, for kernels that find out themselves if all pixels are finite."""
    stack, single = as_stack(image)
    masks = as_masks(mask, stack.shape)
    dtype = stack.dtype.newbyteorder("=")
    wanted = dtype if dtype.type in PIXEL_TYPES else np.float64
    return np.ascontiguousarray(stack, wanted), masks, single


def check_finite(stack: Array, masks: NDArray[np.uint8], single: bool) -> None:
    """Refuse pixels that are not finite where not masked."""
    wrong = ~np.isfinite(stack)
    if len(masks):
        wrong &= masks == 0
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0][1 if single else 0 :])
        raise ValueError(f"image is not finite at {where}; mask such pixels")


def _has_finite_sum(stack: Array) -> bool:
    """Quick proof that all pixels are finite; a sum may overflow though they are."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(stack.sum(dtype=stack.dtype)))


def as_count(name: str, value: object, low: int, high: int) -> int:
    """An integer in low..high."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}; an integer is wanted")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; {low} to {high} is wanted")
    return int(value)


def as_window(window: object, shape: tuple[int, ...]) -> int:
    """An odd window side that fits images of this shape."""
    side = as_count("window", window, 1, 65535)
    if side % 2 == 0:
        raise ValueError(f"window is {side}; an odd number is wanted")
    if side > min(shape[-2:]):
        raise ValueError(f"window is {side}, the image {shape[-2:]}; use a smaller window")
    return side


def as_finite(name: str, value: float) -> float:
    """A finite number."""
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name} is {value!r}; a finite number is wanted")
    return number


def as_nonnegative(name: str, value: float) -> float:
    """A finite number that is not negative."""
    number = as_finite(name, value)
    if number < 0:
        raise ValueError(f"{name} is {value!r}; a number not below 0 is wanted")
    return number


def as_positive(name: str, value: float) -> float:
    """A finite number above 0."""
    number = as_finite(name, value)
    if number <= 0:
        raise ValueError(f"{name} is {value!r}; a number above 0 is wanted")
    return number


def as_vector(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """A non-empty vector of finite numbers."""
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; a non-empty sequence is wanted")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} is {array.tolist()}; finite numbers are wanted")
    return array


def as_choice(name: str, value: str, choices: Sequence[str]) -> str:
    """One of the known names."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; one of {', '.join(choices)} is wanted")
    return value


def as_threads(n_threads: object) -> int:
    """OpenMP threads."""
    return as_count("n_threads", n_threads, 1, 1024)


def _image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[1:] if shape[0] == 1 else shape
