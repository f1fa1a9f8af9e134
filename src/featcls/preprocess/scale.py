"""Scale: one factor for all pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1


class Scale(Preprocessor):
    """Multiply every pixel by one factor, the same for all frames of a set.

    Parameters
    ----------
    factor : float or "fit"
        `fit`: learned from training frames so that the mean of their valid pixels becomes
        `mean`, and then written into the parameters.
    mean : float
        Looked at only while `factor` is to be learned.

    Raises
    ------
    UsageError
        The factor is still to be learned, or is no finite number.
    DataError
        The training frames have no valid pixel or a mean of 0.

    Examples
    --------
    >>> scale = Scale("fit", mean=10.0)
    >>> scale.fitted_params([Frame(np.array([[1, 3]])), Frame(np.array([[4, 12]]))])
    {'factor': 2.0, 'mean': 10.0}
    >>> Scale(2.0).apply(Frame(np.array([[1, 3]]))).image.tolist()
    [[2.0, 6.0]]
    """

    def __init__(self, factor: float | str = 1.0, mean: float = 1.0) -> None:
        self.factor = factor
        self.mean = mean

    @property
    def needs_fit(self) -> bool:
        """True while the factor is still to be learned."""
        return self.factor == "fit"

    def fitted_params(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """Return the parameters with the factor that gives training frames the mean."""
        if not self.needs_fit:
            return self.get_params()
        total = sum(float(frame.values.sum(dtype=np.float64)) for frame in frames)
        n = sum(frame.values.size for frame in frames)
        if not n or not total:
            raise DataError(
                "scale cannot learn a factor: the training frames have a mean of 0",
                "look at the masks, or give a factor",
            )
        return {"factor": float(self.mean * n / total), "mean": float(self.mean)}

    def apply(self, frame: Frame) -> Frame:
        """Return the scaled frame, float64."""
        if self.needs_fit:
            raise UsageError(
                "scale: the factor is still to be learned from training frames",
                "use `fitted_params`, or give a number",
            )
        factor = self.factor
        if isinstance(factor, str) or not np.isfinite(factor):
            raise UsageError(f"scale: factor is {factor!r}", "give a finite number or 'fit'")
        return frame.replace(image=frame.image * np.float64(factor))


SPACE = {"factor": Choice(1.0, "fit"), "mean": Choice(1.0, 100.0)}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("scale", Scale, SPACE)
