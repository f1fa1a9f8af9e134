"""What every preprocessor is."""

from collections.abc import Sequence
from typing import Any

from featcls.frame import Frame
from featcls.parameters import Parameters


class Preprocessor(Parameters):
    """A pure step `Frame -> Frame`: its parameters are its only state.

    Subclasses write `apply`. A step whose parameters can be learned (a grey-level range)
    also writes `fitted_params`, and the learned values are then part of the config.
    """

    releases_gil = False  # while it computes, so that threads over frames gain; checked

    def apply(self, frame: Frame) -> Frame:
        """Return the processed frame; the one given stays as it is."""
        raise NotImplementedError

    def __call__(self, frame: Frame) -> Frame:
        return self.apply(frame)

    @property
    def needs_fit(self) -> bool:
        """True while a parameter has still to be learned from training frames."""
        return False

    def fitted_params(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """Return all parameters, those to be learned learned from training frames."""
        return self.get_params()
