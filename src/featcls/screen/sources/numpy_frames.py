"""The plain form of frames through a socket: a header in JSON, then the bytes of the pixels.

A message has two parts, or three with a mask:

1. ``{"htype": "frame-1.0", "frame_id": "run 7 #12", "dtype": "<u2", "shape": [512, 512]}``
2. the pixels, row by row
3. a byte a pixel, not 0 where it is to be ignored

A publisher sends its topic before these. With pyzmq a sender is four lines::

    socket = zmq.Context().socket(zmq.PUSH)
    socket.bind("tcp://127.0.0.1:5555")
    header = {"htype": "frame-1.0", "frame_id": name, "dtype": a.dtype.str, "shape": a.shape}
    socket.send_multipart([json.dumps(header).encode(), a.tobytes()])
"""

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from featcls.data.base import check_size
from featcls.data.flags import flagged, masked
from featcls.frame import Frame
from featcls.screen.sources.zmq import Parsed

HTYPE = "frame-1.0"


class NumpyFrames:
    """Parses messages of the plain form."""

    def __call__(self, parts: Sequence[bytes]) -> Parsed | None:
        """Return the frame in a message."""
        if len(parts) > 1 and not parts[0].startswith(b"{"):
            parts = parts[1:]  # a topic
        header = json.loads(parts[0])
        if header.get("htype") != HTYPE:
            raise ValueError(f"its header has htype {header.get('htype')!r}, wanted {HTYPE!r}")
        if len(parts) not in (2, 3):
            raise ValueError(f"it has {len(parts)} parts, wanted 2 or 3")
        return Parsed(str(header["frame_id"]), partial(_frame, header, *parts[1:]))


def _frame(header: dict[str, Any], pixels: bytes, mask: bytes | None = None) -> Frame:
    name = str(header["frame_id"])
    image = array_of(name, pixels, str(header["dtype"]), header["shape"])
    ignored = None if mask is None else array_of(name, mask, "|u1", header["shape"]) != 0
    return masked(Frame(image, ignored, name), flagged(image))


def array_of(name: str, data: bytes, dtype: str, shape: Sequence[int]) -> Any:
    """Return bytes as an image; ValueError where they are not what is said of them."""
    kind = np.dtype(dtype)
    rows, cols = (int(side) for side in shape)
    if kind.kind not in "iuf" or rows < 1 or cols < 1:
        raise ValueError(f"it claims {shape} pixels of type {dtype!r}")
    check_size(name, None, (rows, cols), kind.itemsize)
    wanted = math.prod((rows, cols)) * kind.itemsize
    if len(data) != wanted:
        raise ValueError(f"it has {len(data)} bytes of pixels, its header asks for {wanted}")
    return np.frombuffer(data, kind).reshape(rows, cols)
