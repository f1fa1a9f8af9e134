"""Histograms of local binary patterns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Atom, Extractor, Rows, Vector
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.spaces import Choice

featcls_api = 1

METHODS = ("uniform", "nri_uniform", "var", "default", "ror")


class LBP(Extractor):
    """Share of each local binary pattern among the pixels that have one.

    A pixel has none where it or a neighbour of nonzero weight is masked; outside the image
    reads 0, as in scikit-image. A frame without a pattern gives zeros.

    Parameters
    ----------
    P : int
        Neighbours on the circle; at most 16 for `default` and `ror`, which have 2^P patterns.
    R : float
        Radius of the circle in pixels.
    method : {"uniform", "nri_uniform", "var", "default", "ror"}
        As in `featcls.kernels.texture.local_binary_pattern`.
    n_bins : int
        For `var` alone: bins of equal width in log2(1 + variance) from 0 to 16, the last one
        open. The width is P + 2, P (P - 1) + 3, n_bins, 2^P and 2^P.

    References
    ----------
    Ojala, Pietikainen & Maenpaa (2002), doi:10.1109/TPAMI.2002.1017623.

    Examples
    --------
    Where a dot outshines its neighbours no bit is set, and beside it all but one or two are.

    >>> dot = Frame(np.array([[9, 9, 9], [9, 200, 9], [9, 9, 9]]))
    >>> LBP(P=4, R=1.0).extract(dot).round(3).tolist()
    [0.111, 0.0, 0.444, 0.444, 0.0, 0.0]
    """

    releases_gil = True

    def __init__(
        self, P: int = 8, R: float = 1.0, method: str = "uniform", n_bins: int = 16
    ) -> None:
        self.P = P
        self.R = R
        self.method = method
        self.n_bins = n_bins

    def feature_names(self) -> list[str]:
        """`<method>_P<P>_R<R>_<pattern>`, patterns in the order of their codes."""
        from featcls.kernels.lbp import histogram_width

        width = histogram_width(self.P, self.method, self._bins())
        return [f"{self.method}_P{self.P}_R{self.R:g}_{code}" for code in range(width)]

    def atoms(self) -> list[Atom]:
        """One atom: the histogram."""
        return [{"P": self.P, "R": self.R, "method": self.method, "n_bins": self._bins()}]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Compute the histogram of each atom, (width,), in one pass over the frame."""
        from featcls.kernels.texture import lbp_histograms

        patterns = [(atom["P"], atom["R"], atom["method"], atom["n_bins"]) for atom in atoms]
        try:
            return list(lbp_histograms(frame.image, patterns, mask=frame.mask))
        except ValueError as error:
            raise UsageError(f"lbp: {error}") from error

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Histograms as they are."""
        (histograms,) = rows.values()
        return np.asarray(histograms, np.float64)

    def _bins(self) -> int | None:
        return self.n_bins if self.method == "var" else None


# Every choice of these can be run: P = 24 is for `uniform`, `nri_uniform` and `var` alone.
SPACE = {
    "P": Choice(8, 4, 16),
    "R": Choice(1.0, 2.0, 3.0),
    "method": Choice(*METHODS),
    "n_bins": Choice(16),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("lbp", LBP, SPACE)
