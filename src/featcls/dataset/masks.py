"""Mask files: an image that says which pixels of a frame do not count."""

import os
from collections.abc import Callable

from featcls.data.flags import masked
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame, Mask

KEPT = 8  # masks


class MaskFiles:
    """Masks by the path of their file, read once.

    Parameters
    ----------
    read : callable
        From the address of a frame to the frame.
    """

    def __init__(self, read: Callable[[str], Frame]) -> None:
        self._read = read
        self._kept: dict[str, Mask] = {}

    def mask(self, address: str) -> Mask:
        """Return a mask, True where the file has another value than 0, or a masked pixel.

        Raises
        ------
        UnreadableFrameError
            The file cannot be read.
        """
        if address not in self._kept:
            frame = self._read(address)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[address] = (frame.image != 0) | ~frame.valid
        return self._kept[address]

    def laid_on(self, frame: Frame, address: str, path: str, index: int | None) -> Frame:
        """Return the frame with a mask file joined to its mask; `path` and `index` name it.

        Raises
        ------
        UnreadableFrameError
            The file cannot be read, or is of another shape.
        """
        mask = self.mask(address)
        name = os.path.basename(address)
        if mask.shape != frame.shape:
            what = f"its mask {name} has shape {mask.shape}, the frame {frame.shape}"
            raise UnreadableFrameError(path, index, what, "give a mask of the frame's shape")
        return masked(frame, {f"mask {name}": mask})
