"""Frames that come through a ZMQ socket."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from featcls.data.base import MAX_BYTES, decoding
from featcls.dataset.detector import Detector
from featcls.dataset.files import read_address
from featcls.errors import UnreadableFrameError, UsageError
from featcls.frame import Frame
from featcls.plugins import Registry
from featcls.screen.arrivals import TICK, Arrival, Outcome

HELD = 64  # messages that the socket itself keeps


class Parsed(NamedTuple):
    """A message that is a frame: what it is called, and how its pixels are made of it."""

    frame_id: str
    decode: Callable[[], Frame]


class Parser(Protocol):
    """Makes frames of messages; what it learns of a series it keeps."""

    def __call__(self, parts: Sequence[bytes]) -> Parsed | None:
        """Return the frame in a message, None if it is none; ValueError if it is damaged."""
        ...


class Messages:
    """Pulls messages from a socket, or takes those of one topic from a publisher.

    Parameters
    ----------
    address : str
        Such as `tcp://127.0.0.1:5555`; it is connected to, never bound.
    parser : Parser
    subscribe : str, optional
        Topic of a publisher; all messages for "".
    detector : mapping
        What a data set spec says of the detector.
    plugins : Registry
    """

    def __init__(
        self,
        address: str,
        parser: Parser,
        subscribe: str | None,
        detector: Mapping[str, Any],
        plugins: Registry,
    ) -> None:
        self.name, self.parser, self.subscribe = address, parser, subscribe
        self.detector = Detector(detector, lambda path: read_address(path, plugins))

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival | UnreadableFrameError]:
        """Yield a frame a message."""
        socket = self._socket()
        try:
            while not stop.is_set():
                if not socket.poll(int(1000 * TICK)):
                    continue
                parts = socket.recv_multipart()
                try:
                    parsed = self.parser(parts)
                except Exception as error:  # a forged message makes a parser raise anything
                    what = f"a message is damaged: {error}"
                    yield UnreadableFrameError(self.name, None, what, "look at its sender")
                    continue
                if parsed is not None:
                    nbytes = sum(map(len, parts))
                    yield Arrival(parsed.frame_id, partial(self._frame, parsed), nbytes=nbytes)
        finally:
            socket.close(linger=0)

    def _frame(self, parsed: Parsed) -> Iterator[Outcome]:
        try:
            with decoding(parsed.frame_id, None, "look at its sender"):
                frame = parsed.decode()
                yield self.detector.apply(frame, parsed.frame_id) if self.detector else frame
        except UnreadableFrameError as error:
            yield error

    def _socket(self) -> Any:
        try:
            import zmq
        except ImportError as error:
            raise UsageError(
                f"{self.name} needs pyzmq", "pip install 'featcls[stream]'"
            ) from error
        kind = zmq.PULL if self.subscribe is None else zmq.SUB
        socket: Any = zmq.Context.instance().socket(kind)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_BYTES)
        socket.setsockopt(zmq.RCVHWM, HELD)
        if self.subscribe is not None:
            socket.setsockopt_string(zmq.SUBSCRIBE, self.subscribe)
        try:
            socket.connect(self.name)
        except zmq.ZMQError as error:
            socket.close(linger=0)
            raise UsageError(
                f"cannot connect to {self.name}: {error}", "give an address as tcp://host:port"
            ) from error
        return socket
