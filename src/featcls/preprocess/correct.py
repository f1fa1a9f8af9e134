"""Correct: from what a detector reads out to counts."""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import hash_file
from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice, Text

featcls_api = 1

NEGATIVE = ("keep", "zero", "mask")
Values = NDArray[np.float64]


class Correct(Preprocessor):
    """Take off the dark image, then the common mode; divide by the gain; treat what is negative.

    Pixels where the dark image or the gain is not finite, or the gain is not positive, are
    masked. The result is float64.

    Parameters
    ----------
    dark, gain : str, optional
        `.npy` files of the shape of the frames.
    common_mode : {None, "frame", "rows", "columns"} or (int, int)
        What drifts together from shot to shot: the median of the valid pixels of the frame, of
        each row, of each column, or of each tile of (rows, cols) pixels is taken off.
    negative : {"keep", "zero", "mask"}
    digests : str, optional
        SHA-256 of the two files, `dark:gain`, learned with the training frames and checked
        from then on: a config with other files is another config.

    Raises
    ------
    UsageError
        A parameter that cannot be meant, or digests still to be learned.
    DataError
        A file that cannot be read, is of another shape, or is no longer the one learned.

    Examples
    --------
    >>> frame = Frame(np.array([[5, 6, 5, 15], [5, 5, 4, 5]]))
    >>> Correct(common_mode="frame", negative="zero").apply(frame).image.tolist()
    [[0.0, 1.0, 0.0, 10.0], [0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        dark: str | None = None,
        gain: str | None = None,
        common_mode: str | tuple[int, int] | None = None,
        negative: str = "keep",
        digests: str | None = None,
    ) -> None:
        self.dark = dark
        self.gain = gain
        self.common_mode = common_mode
        self.negative = negative
        self.digests = digests

    @property
    def needs_fit(self) -> bool:
        """True while the digests of the files are still to be learned."""
        return self.digests is None and not (self.dark is None and self.gain is None)

    def fitted_params(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """Return the parameters with the digests of the files."""
        if not self.needs_fit:
            return self.get_params()
        paths = (self.dark, self.gain)
        digests = ("" if path is None else _digest(*_state(path)) for path in paths)
        return {**self.get_params(), "digests": ":".join(digests)}

    def apply(self, frame: Frame) -> Frame:
        """Return the corrected frame."""
        if self.needs_fit:
            raise UsageError("correct: its files are not learned yet", "use `fitted_params`")
        if self.negative not in NEGATIVE:
            raise UsageError(f"correct: negative is {self.negative!r}", f"give one of {NEGATIVE}")
        image, valid = frame.image.astype(np.float64), frame.valid
        if self.dark is not None:
            dark = self._file(self.dark, 0, frame.shape)
            image, valid = image - dark, valid & np.isfinite(dark)
        _take_off(image, valid, self._tile(frame.shape))
        if self.gain is not None:
            gain = self._file(self.gain, 1, frame.shape)
            usable = np.isfinite(gain) & (gain > 0)
            image, valid = image / np.where(usable, gain, 1), valid & usable
        if self.negative == "zero":
            image = np.maximum(image, 0)
        elif self.negative == "mask":
            valid = valid & ~(image < 0)
        return frame.replace(image=image, mask=~valid)

    def _tile(self, shape: tuple[int, int]) -> tuple[int, int] | None:
        """Rows and columns that drift together; None for no common mode."""
        mode = self.common_mode
        if mode is None or isinstance(mode, str):
            known = {
                None: None,
                "frame": shape,
                "rows": (1, shape[1]),
                "columns": (shape[0], 1),
            }
            if mode in known:
                return known[mode]
        elif len(mode) == 2 and all(side == int(side) and side > 0 for side in mode):
            return int(mode[0]), int(mode[1])
        raise UsageError(
            f"correct: common_mode is {mode!r}", "give None, frame, rows, columns or (rows, cols)"
        )

    def _file(self, path: str, which: int, shape: tuple[int, int]) -> Values:
        state = _state(path)
        if [_digest(*state)] != (self.digests or "").split(":")[which : which + 1]:
            raise DataError(
                f"correct: {path} is not the file that was learned",
                "put that file back, or fit the config anew",
            )
        array = _array(*state)
        if array.shape != shape:
            raise DataError(
                f"correct: {path} has shape {array.shape}, the frame {shape}",
                "give an image of this detector",
            )
        return array


def _take_off(image: Values, valid: NDArray[np.bool_], tile: tuple[int, int] | None) -> None:
    """Subtract the median of the valid pixels of each tile, in place."""
    if tile is None:
        return
    for row in range(0, image.shape[0], tile[0]):
        for col in range(0, image.shape[1], tile[1]):
            window = slice(row, row + tile[0]), slice(col, col + tile[1])
            if valid[window].any():
                image[window] -= np.median(image[window][valid[window]])


def _state(path: str) -> tuple[str, int, int]:
    """Path, size and time: a file is read again when it changes."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from error
    return path, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=8)
def _digest(path: str, size: int, mtime: int) -> str:
    return hash_file(path)


@lru_cache(maxsize=8)
def _array(path: str, size: int, mtime: int) -> Values:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"cannot read {path}: {error}", "save it with numpy.save") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "biuf":
        raise DataError(f"{path} is not an image of numbers", "save (rows, cols) with numpy.save")
    return np.asarray(array, np.float64)


SPACE = {
    "dark": Text(),
    "gain": Text(),
    "common_mode": Choice(None, "frame", "rows", "columns", (8, 8)),
    "negative": Choice(*NEGATIVE),
    "digests": Text(),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("correct", Correct, SPACE)
