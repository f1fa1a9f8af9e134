"""Frames as OM (OnDA Monitor) sends them: MessagePack, arrays in the form of msgpack-numpy.

The form is that which CrystFEL reads (its page "Real-time data processing"): a map, or an array
whose first member is one, with `detector_data` as a map of `type`, `shape` and `data`. A name
is made of `event_id`, or of `timestamp`, or of the place in the stream.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from featcls.data.base import MAX_BYTES
from featcls.data.flags import flagged, masked
from featcls.frame import Frame
from featcls.screen.sources.numpy_frames import array_of
from featcls.screen.sources.zmq import Parsed

IMAGE = ("detector_data", "frame_data")  # names of the image, the first that is there
NAMES = ("event_id", "timestamp")
LIMITS = {f"max_{what}_len": MAX_BYTES for what in ("bin", "str")} | {
    f"max_{what}_len": 100_000 for what in ("array", "map", "ext")
}


class OmFrames:
    """Parses messages of OM."""

    def __init__(self) -> None:
        self._number = count()

    def __call__(self, parts: Sequence[bytes]) -> Parsed | None:
        """Return the frame in a message, which may have its topic before it."""
        import msgpack

        try:
            told = msgpack.unpackb(parts[-1], raw=False, strict_map_key=False, **LIMITS)
        except Exception as error:  # msgpack has no error of its own that they all share
            raise ValueError(f"it is not MessagePack: {error}") from error
        told = told[0] if isinstance(told, list) and told else told
        if not isinstance(told, Mapping):
            raise ValueError(f"it holds a {type(told).__name__}, wanted a map")
        told = _texts(told)
        image = next((_texts(told[name]) for name in IMAGE if told.get(name)), None)
        number = next(self._number)
        if image is None:
            return None
        name = next((str(told[name]) for name in NAMES if told.get(name) is not None), None)
        return Parsed(name or f"om #{number}", partial(_frame, name or f"om #{number}", image))


def _frame(name: str, image: Mapping[str, Any]) -> Frame:
    pixels = array_of(name, image["data"], str(image["type"]), image["shape"])
    return masked(Frame(pixels, None, name), flagged(pixels))


def _texts(told: Any) -> dict[str, Any]:
    """Return a map with names as text: msgpack-numpy writes bytes."""
    if not isinstance(told, Mapping):
        raise ValueError(f"its image is a {type(told).__name__}, wanted a map")
    return {
        k.decode("ascii", "replace") if isinstance(k, bytes) else k: v for k, v in told.items()
    }
