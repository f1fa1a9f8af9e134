"""Plain arrays as `.npy` bytes, and back without trusting them.

`numpy.load` believes the shape that a file states and evaluates its header; here the header
must match a fixed form, and the bytes that follow must be as many as it says.
"""

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import ModelError

Array = NDArray[Any]

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(<[fiu][48]|<[iu]2|\|[iu]1)', 'fortran_order': False, "
    rb"'shape': \(([0-9, ]*)\), \} *\n",
    re.DOTALL,
)


def dump(array: Any) -> bytes:
    """Return an array of integers or floats as the bytes of an `.npy` file.

    Raises
    ------
    TypeError
        Another dtype; flags are stored as uint8.

    Examples
    --------
    >>> load(dump([[1.0, 2.0]]), "x").tolist()
    [[1.0, 2.0]]
    """
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8 or array.dtype == np.float16:
        raise TypeError(f"array has dtype {array.dtype}; give integers, float32 or float64")
    buffer = io.BytesIO()
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    np.save(buffer, little, allow_pickle=False)
    return buffer.getvalue()


def load(data: bytes, name: str) -> Array:
    """Return the array in the bytes of an `.npy` file, writable and in native byte order.

    Raises
    ------
    ModelError
        Anything but a C-ordered array of numbers whose size is the one stated; `name` is
        said in the message.
    """
    header = _HEADER.match(data[:1024])
    if header is None:
        raise ModelError(f"{name} is not a plain array of numbers")
    dtype = np.dtype(header[1].decode())
    shape = tuple(
        int(length) for length in header[2].decode().replace(" ", "").split(",") if length
    )
    size = len(data) - header.end()
    if math.prod(shape) * dtype.itemsize != size:
        raise ModelError(f"{name} states shape {shape} of {dtype} and holds {size} bytes")
    values = np.frombuffer(data, dtype, offset=header.end()).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def pack(arrays: Mapping[str, Any]) -> dict[str, bytes]:
    """Return arrays as members `<name>.npy`."""
    return {f"{name}.npy": dump(array) for name, array in arrays.items()}


def unpack(
    members: Mapping[str, bytes], layout: Mapping[str, tuple[str, int]]
) -> dict[str, Array]:
    """Return the arrays that `pack` wrote.

    Parameters
    ----------
    members : mapping of str to bytes
    layout : mapping of name to (dtype, number of dimensions)

    Raises
    ------
    ModelError
        A member that is missing or not in the layout, or of another type or rank.
    """
    wanted = {f"{name}.npy" for name in layout}
    if set(members) != wanted:
        raise ModelError(f"members are {sorted(members)}; wanted {sorted(wanted)}")
    arrays = {name: load(members[f"{name}.npy"], f"{name}.npy") for name in layout}
    for name, (dtype, ndim) in layout.items():
        array = arrays[name]
        if array.dtype != np.dtype(dtype) or array.ndim != ndim:
            raise ModelError(
                f"{name}.npy is {array.ndim}-dimensional {array.dtype}; wanted {ndim} of {dtype}"
            )
    return arrays
