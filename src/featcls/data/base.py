"""What every reader is: the class, its lazy sequence, and two guards against bad files."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, overload

from featcls.errors import FeatclsError, UnreadableFrameError
from featcls.frame import Frame
from featcls.parameters import Parameters

HEAD = 4096  # bytes by which a reader is chosen
MAX_PIXELS = 64 * 2**20
MAX_BYTES = 2**30
MAX_RATIO = 1000  # of unpacked to stored bytes: beyond it a file is a bomb, not data
FLOOR = 64 * 2**20  # bytes from which on the ratio counts: blank frames compress without end


class Frames(Sequence[Frame]):
    """`n` frames, each read by `read(index)` when it is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> frames = Frames(3, lambda index: Frame(np.full((1, 1), index)))
    >>> [int(frame.image[0, 0]) for frame in frames[1:]]
    [1, 2]
    """

    def __init__(
        self, n: int, read: Callable[[int], Frame], close: Callable[[], Any] | None = None
    ) -> None:
        self._n = n
        self._read = read
        self._close = close

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [self._read(i) for i in range(self._n)[index]]
        return self._read(range(self._n)[index])

    def close(self) -> None:
        """Close what the frames are read from; a second call does nothing."""
        if self._close is not None:
            self._close()
            self._close = None


class Reader(Parameters):
    """Opens one kind of file.

    Options are the arguments of `__init__` and part of the identity of the data.
    A file that is wrong, short or too large raises `UnreadableFrameError`, never another
    error and never wrong pixels.
    """

    # Raised whenever the same file would give other pixels than before.
    version = 1
    # False where a person's mask replaces those that files hold.
    file_mask = True
    # Whether `frames` and `rows` take the path of an array inside the file as `dataset`.
    takes_dataset = False
    # Whether a folder may be what it reads as one; it is asked with its path and an empty head.
    takes_folders = False
    # Whether the frames of one file were taken one after the other, as the shots of a run.
    in_time = False

    def understands(self, path: str, head: bytes) -> bool:
        """Say whether the file is of this kind, by its first 4096 bytes."""
        raise NotImplementedError

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames of a file, lazily: `len` is cheap, indexing reads one frame.

        Frame ids are `path` for a file that holds one, else `path#index` or
        `path::/dataset#index`. If the sequence has a `close` method it is called once.
        A reader of files that hold several arrays sets `takes_dataset` and defines
        `frames(path, dataset="")` and `rows(path, dataset="")`; without a dataset it finds
        the frames itself.
        """
        raise NotImplementedError

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return what the file itself says of its frames, one mapping a frame, or nothing.

        Known keys: `label` (text, or a list of texts where a frame may have several),
        `split`, `group`, `weight`.
        """
        return []

    def companions(self, path: str) -> list[str]:
        """Return other files that `rows` reads beside the file, as far as they are there."""
        return []

    def identity(self) -> dict[str, Any]:
        """Return as JSON what the pixels depend on beside the file: version and options."""
        return {"version": self.version, "options": self.get_params()}

    def hash_pixels(self, path: str) -> str:
        """SHA-256 of what the pixels and masks are read from.

        A reader whose files also hold labels leaves those out, so that new labels do not
        pass for new pixels. Data without a file has the empty path and no hash.
        """
        return hash_file(path) if path else ""


def hash_file(path: str) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_size(
    path: str, frame: int | None, shape: Sequence[int], itemsize: int, stored: int | None = None
) -> None:
    """Refuse a frame beyond 64 Mpx or 1 GiB by its header, before memory is asked for.

    If it is compressed into `stored` bytes, also one of more than 64 MiB that claims more than
    1000 times of them.

    Examples
    --------
    >>> check_size("a.png", None, (70_000, 70_000), 1)
    Traceback (most recent call last):
    featcls.errors.UnreadableFrameError: cannot read a.png: it claims 70000 x 70000 pixels of
    1 bytes; the limit is 64 Mpx and 1 GiB a frame; crop it or save it in tiles
    """
    pixels = 1
    for side in shape:
        pixels *= int(side)
    size = pixels * itemsize
    claim = f"it claims {' x '.join(map(str, shape))} pixels of {itemsize} bytes"
    what = ""
    if pixels > MAX_PIXELS or size > MAX_BYTES:
        what = f"{claim}; the limit is 64 Mpx and 1 GiB a frame"
    elif stored is not None and size > max(FLOOR, MAX_RATIO * stored):
        what = f"{claim}, stored in {stored}; the limit is {MAX_RATIO} times"
    if what:
        raise UnreadableFrameError(path, frame, what, "crop it or save it in tiles")


def check_length(path: str, frame: int | None, found: int, wanted: int) -> None:
    """Refuse pixels of another length than the header asks for: the format has no checksum.

    Examples
    --------
    >>> check_length("a.img", None, 100, 128)
    Traceback (most recent call last):
    featcls.errors.UnreadableFrameError: cannot read a.img: it has 100 bytes of pixels, its
    header asks for 128; replace the file
    """
    if found != wanted:
        what = f"it has {found} bytes of pixels, its header asks for {wanted}"
        raise UnreadableFrameError(path, frame, what, "replace the file")


def read_file(path: str) -> bytes:
    """Return the bytes of a file that holds one frame."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            what = "the file is larger than 1 GiB"
            raise UnreadableFrameError(path, None, what, "crop it or save it in tiles")
        return file.read()


@contextmanager
def decoding(path: str, frame: int | None, remedy: str = "replace the file") -> Iterator[None]:
    """Turn whatever a decoding library raises into UnreadableFrameError.

    Decoders of damaged files raise nearly anything, from struct.error to MemoryError, so
    nothing narrower than Exception would keep the promise of one error.
    """
    try:
        yield
    except FeatclsError:
        raise
    except Exception as error:
        what = str(error) or type(error).__name__
        raise UnreadableFrameError(path, frame, what, remedy) from error
