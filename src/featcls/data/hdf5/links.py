"""An HDF5 file and the files it links to, opened only as far as they may be.

The HDF5 library follows external links wherever they point, so nothing here is looked up by a
path of several parts: each part is looked at first, and links are followed by hand.
"""

import os
from collections import OrderedDict
from typing import Any

from featcls.data.base import decoding
from featcls.data.hdf5.heaps import broken_heap, checksum
from featcls.errors import UnreadableFrameError

OPEN_FILES = 8  # beside the first
MAX_LINKS = 16  # one after the other
SIGNATURE = b"\x89HDF\r\n\x1a\n"
SWMR_WRITE = 4  # of the flags in a superblock


class LinkedFiles:
    """One file with those it links to.

    Parameters
    ----------
    path : str
    allow_external : bool
        Whether linked files may lie outside the folder of the file.
    """

    def __init__(self, path: str, allow_external: bool) -> None:
        self.path = path
        self.allow_external = allow_external
        self.folder = os.path.dirname(os.path.realpath(path))
        self.seen: dict[str, None] = {}  # real paths of linked files, in order of first use
        self._linked: OrderedDict[str, Any] = OrderedDict()
        self.first = open_file(path)

    def find(self, name: str, start: Any = None, depth: int = 0) -> Any:
        """Return the group or data set of a name, or None if there is none.

        Raises
        ------
        UnreadableFrameError
            A link on the way leads outside, to a file that is not there, or in a circle.
        """
        import h5py

        if depth > MAX_LINKS:
            raise self.error(f"its links lead in a circle at {name}")
        here = self.first if start is None else start
        if name.startswith("/"):
            here = here.file
        for part in name.split("/"):
            if part in ("", "."):
                continue
            link = _encode(part)
            if not isinstance(here, h5py.Group) or not here.id.links.exists(link):
                return None
            kind = here.id.links.get_info(link).type
            if kind == h5py.h5l.TYPE_HARD:
                here = here[link]
            elif kind == h5py.h5l.TYPE_SOFT:
                here = self.find(_decode(here.id.links.get_val(link)), here, depth + 1)
            elif kind == h5py.h5l.TYPE_EXTERNAL:
                file, target = map(_decode, here.id.links.get_val(link))
                here = self.find(target, self.linked(file, here.file.filename), depth + 1)
            else:
                raise self.error(f"{name} is a link of a kind of its own ({kind})")
        return here

    def linked(self, name: str, parent: str) -> Any:
        """Open a file by the name that `parent` gives it."""
        path = self.place(name, parent)
        if path in self._linked:
            self._linked.move_to_end(path)
        else:
            self._linked[path] = open_file(path)
            while len(self._linked) > OPEN_FILES:
                self._linked.popitem(last=False)[1].close()
        return self._linked[path]

    def place(self, name: str, parent: str) -> str:
        """Return the real path of a linked file, which exists and may be opened."""
        path = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(parent)), name))
        inside = os.path.commonpath([path, self.folder]) == self.folder
        if not (inside or self.allow_external):
            raise self.error(
                f"it links to {name}, outside its folder",
                "if you trust the file, set the reader's option allow_external",
            )
        if not os.path.isfile(path):
            raise self.error(f"it links to {name}, which is not there", f"put it beside {parent}")
        self.seen[path] = None
        return path

    def error(self, what: str, remedy: str = "replace the file") -> UnreadableFrameError:
        """Return the error of this file."""
        return UnreadableFrameError(self.path, None, what, remedy)

    def close(self) -> None:
        """Close all files."""
        for file in (*self._linked.values(), self.first):
            file.close()


def open_file(path: str) -> Any:
    """Open a file for reading: without a lock, and also while it is written (SWMR).

    Only a file that says it is being written is opened as such: the library leaves out its
    check for truncated files then.
    """
    import h5py

    with decoding(path, None, "replace the file"):
        if (at := broken_heap(path)) is not None:
            raise ValueError(f"its texts or sources are damaged (global heap at byte {at})")
        return h5py.File(path, "r", locking=False, swmr=_is_written(path))


def signature(head: bytes) -> int:
    """Byte where HDF5 begins (after a user block of 512 bytes or its doubles), or -1.

    Examples
    --------
    >>> signature(SIGNATURE), signature(bytes(512) + SIGNATURE), signature(b"no")
    (0, 512, -1)
    """
    places = (0, 512, 1024, 2048)
    return next((at for at in places if head.startswith(SIGNATURE, at)), -1)


def _is_written(path: str) -> bool:
    """Whether a writer has it open in SWMR mode, by the flags of a superblock 3 that is sound."""
    with open(path, "rb") as file:
        head = file.read(4096)
    block = head[signature(head) :]
    if len(block) < 12 or block[8] != 3 or not block[11] & SWMR_WRITE:
        return False
    end = 12 + 4 * block[9]
    return checksum(block[:end]).to_bytes(4, "little") == block[end : end + 4]


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
