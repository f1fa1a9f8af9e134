"""What every reader is."""

from collections.abc import Mapping, Sequence
from typing import Any

from featcls.frame import Frame


class Reader:
    """Opens one kind of file.

    Options are the arguments of `__init__` and part of the identity of the data.
    A file that is wrong, short or too large raises `UnreadableFrameError`, never another
    error and never wrong pixels.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Say whether the file is of this kind, by its first 4096 bytes."""
        raise NotImplementedError

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames of a file, lazily: `len` is cheap, indexing reads one frame.

        Frame ids are `path` for a file that holds one, else `path#index` or
        `path::/dataset#index`. If the sequence has a `close` method it is called once.
        """
        raise NotImplementedError

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return what the file itself says of its frames, one mapping a frame.

        Known keys: `label` (text, or a list of texts), `split`, `group`, `weight`.
        """
        return [{} for _ in range(len(self.frames(path)))]
