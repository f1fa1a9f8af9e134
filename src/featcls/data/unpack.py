"""Compressed files: any reader reads `.gz` and `.bz2` through a plain copy that it keeps open."""

import bz2
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

from featcls.data.base import (
    FLOOR,
    HEAD,
    MAX_BYTES,
    MAX_RATIO,
    Frames,
    Reader,
    decoding,
    hash_file,
)
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame

MAGIC = {b"\x1f\x8b": gzip, b"BZh": bz2}
ENDINGS = (".gz", ".bz2")


class UnpackingReader(Reader):
    """Reads with another reader, and unpacks for it what is compressed.

    The plain copy lies in the folder for temporary files while the frames are open. Both formats
    carry checksums: a damaged file is an error. A file may unpack to 1 GiB, and beyond 64 MiB
    to a thousand times its size.

    Parameters
    ----------
    inner : Reader
    """

    def __init__(self, inner: Reader) -> None:
        self.inner = inner
        self.version = inner.version
        self.takes_dataset = inner.takes_dataset
        self.takes_folders = inner.takes_folders
        self.in_time = inner.in_time

    @property
    def file_mask(self) -> bool:
        """That of the inner reader."""
        return self.inner.file_mask

    @file_mask.setter
    def file_mask(self, value: bool) -> None:
        self.inner.file_mask = value

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the inner reader."""
        return self.inner.get_params(deep)

    def understands(self, path: str, head: bytes) -> bool:
        """Ask the inner reader; what it is asked about is unpacked, see `plain_head`."""
        return self.inner.understands(path, head)

    def frames(self, path: str, *dataset: str) -> Sequence[Frame]:
        """Return the frames of the inner reader, named by the compressed file."""
        if not _is_packed(path):
            return self.inner.frames(path, *dataset)
        copy = _Copy(path)
        with copy.named():
            frames = self.inner.frames(copy.path, *dataset)

        def read(index: int) -> Frame:
            with copy.named():
                frame = frames[index]
            return frame.replace(frame_id=frame.frame_id.replace(copy.path, path))

        def close() -> None:
            if end := getattr(frames, "close", None):
                end()
            copy.remove()

        return Frames(len(frames), read, close)

    def rows(self, path: str, *dataset: str) -> list[Mapping[str, Any]]:
        """Return what the file says of its frames."""
        if type(self.inner).rows is Reader.rows:
            return []
        if not _is_packed(path):
            return self.inner.rows(path, *dataset)
        copy = _Copy(path, self.inner.companions(plain_name(path)))
        try:
            with copy.named():
                return self.inner.rows(copy.path, *dataset)
        finally:
            copy.remove()

    def identity(self) -> dict[str, Any]:
        """That of the inner reader."""
        return self.inner.identity()

    def hash_pixels(self, path: str) -> str:
        """SHA-256 of what the pixels are read from; of the whole file if it is compressed."""
        packed = path and _is_packed(path)
        return hash_file(path) if packed else self.inner.hash_pixels(path)


def plain_name(path: str) -> str:
    """Return the name of a file without the ending of its compression.

    Examples
    --------
    >>> plain_name("a/b.cbf.GZ"), plain_name("a/b.cbf")
    ('a/b.cbf', 'a/b.cbf')
    """
    stem, end = os.path.splitext(path)
    return stem if end.lower() in ENDINGS else path


def plain_head(path: str) -> tuple[str, bytes]:
    """Return the name and the first bytes of a file, those that it has unpacked."""
    with decoding(path, None, "check the path and its rights"), open(path, "rb") as file:
        head = file.read(HEAD)
    if _codec(head) is None:
        return path, head
    with _opened(path) as source:
        return plain_name(path), _read(path, source, HEAD)


class _Copy:
    """The plain copy of a compressed file, and of what belongs to it."""

    def __init__(self, path: str, companions: Sequence[str] = ()) -> None:
        self.source = path
        self._folder = tempfile.TemporaryDirectory(prefix="featcls-")
        self.path = os.path.join(self._folder.name, os.path.basename(plain_name(path)))
        try:
            for source in (path, *companions):
                name = os.path.basename(plain_name(source))
                _unpack(source, os.path.join(self._folder.name, name))
        except BaseException:
            self.remove()
            raise

    @contextmanager
    def named(self) -> Iterator[None]:
        """Let errors name the compressed file."""
        try:
            yield
        except UnreadableFrameError as error:
            what = error.what.replace(self.path, self.source)
            raise UnreadableFrameError(self.source, error.frame, what, error.remedy) from error

    def remove(self) -> None:
        with suppress(OSError):
            self._folder.cleanup()


def _unpack(path: str, copy: str) -> None:
    limit = min(MAX_BYTES, max(FLOOR, MAX_RATIO * os.path.getsize(path)))
    size = 0
    with _opened(path) as source, open(copy, "xb") as target:
        while block := _read(path, source, 2**20):
            size += len(block)
            if size > limit:
                what = f"it unpacks to more than {limit} bytes"
                raise UnreadableFrameError(path, None, what, "unpack it yourself if it is no bomb")
            target.write(block)


def _opened(path: str) -> IO[bytes]:
    with open(path, "rb") as file:
        codec = _codec(file.read(4))
    opened: IO[bytes] = (codec.open if codec else open)(path, "rb")
    return opened


def _read(path: str, source: IO[bytes], size: int) -> bytes:
    try:
        return source.read(size)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UnreadableFrameError(path, None, str(error), "replace the file") from error


def _is_packed(path: str) -> bool:
    if not path or os.path.isdir(path):
        return False
    with open(path, "rb") as file:
        return _codec(file.read(4)) is not None


def _codec(head: bytes) -> Any:
    return next((codec for magic, codec in MAGIC.items() if head.startswith(magic)), None)
