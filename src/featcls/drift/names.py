"""What a change is called, by what moved."""

from collections.abc import Mapping
from dataclasses import dataclass

from featcls.drift.health import RINGS

NOISIER = 1.1  # times as noisy: more than a new mask or gap makes of it
RESCALED = 3.0  # times as noisy: more than a gain makes of it


OTHER = "features moved"


@dataclass(frozen=True)
class Move:
    """One statistic that moved.

    Attributes
    ----------
    name : str
    before, now : float
        Its usual value and its present mean; `noise` as so many times what is usual at the
        frame's level.
    size : float
        By how many standard deviations, 3 at most; above 0 for up.
    of : str, optional
        The predicted class in whose frames that is clearest; None for frames without one.
    """

    name: str
    before: float
    now: float
    size: float
    of: str | None = None

    @property
    def sign(self) -> int:
        """1 for up, -1 for down."""
        return 1 if self.size > 0 else -1

    def words(self) -> str:
        """Say it."""
        way = "up" if self.sign > 0 else "down"
        return f"{self.name} {way} ({self.before:.3g} -> {self.now:.3g})"


def name_of(moves: Mapping[str, Move]) -> str:
    """Return the name of a change.

    Parameters
    ----------
    moves : mapping of str to Move
        By statistic.

    Examples
    --------
    >>> name_of({"masked": Move("masked", 0.0, 0.02, 3.0)})
    'mask changed'
    >>> name_of({"row": Move("row", 0.0, 0.1, 1.5)})
    'beam moved'
    """
    noise = moves["noise"].now / moves["noise"].before if "noise" in moves else 1.0
    factor = max(noise, 1 / noise)
    if moves.keys() & {"rows", "columns"}:
        return "detector changed"
    if moves.keys() & {"masked", "mask row", "mask column"}:
        return "detector changed" if factor > NOISIER else "mask changed"
    noisy = moves["noise"].sign if "noise" in moves else 0
    level = _sign(moves, ("low", "level", "high"), abs(moves["noise"].size) / 2 if noisy else 0.0)
    if noisy == level != 0:
        return "values rescaled" if factor > RESCALED else "gain changed"
    if level:
        return "background up" if level > 0 else "background down"
    if "zeros" in moves and moves["zeros"].sign > 0:
        return "dead pixels"
    if noisy:
        return "blurred" if noisy < 0 else "noise up"
    if moves.keys() & {"row", "column"}:
        return "beam moved"
    return "rings" if moves.keys() & set(RINGS) else OTHER


def _sign(moves: Mapping[str, Move], names: tuple[str, ...], least: float) -> int:
    """Say which way the most of these moved, by so much at least; 0 for neither."""
    found = [moves[name] for name in names if name in moves]
    total = sum(move.sign for move in found if abs(move.size) >= least)
    return (total > 0) - (total < 0)
