"""What model is made of the finished trials, and the frames it may need for that."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from featcls.errors import DataError, UsageError, unknown
from featcls.model.calibrator import METHODS
from featcls.model.vote import VOTES
from featcls.operating_point import are_hits, codes_of, hits_needed
from featcls.search.problem import Problem
from featcls.search.store import Trial
from featcls.search.validation import parts_to_calibrate

CALIBRATION_SIZE = 0.2  # of the validation frames, where an operating point is wanted


@dataclass(frozen=True)
class ModelChoice:
    """How the model of a search is made.

    Parameters
    ----------
    refit : bool
        Fit it on training and validation frames, not on training frames alone.
    ensemble : int
        Number of the best configs that vote.
    vote : {"soft", "majority", "intersection"}
        How: see `featcls.model.vote.combine`.
    hit_classes : sequence of str
        Classes that are hits, for `intersection` and for `max_lost_hits`.
    calibrate : {"sigmoid", "isotonic"}, optional
        Make probabilities of the scores, by those of the validation frames.
    max_lost_hits : float, optional
        Set the threshold that loses at most this share of the hits.
    confidence : float
        How sure that is to be.
    """

    refit: bool = False
    ensemble: int = 1
    vote: str = "soft"
    hit_classes: Sequence[str] = ()
    calibrate: str | None = None
    max_lost_hits: float | None = None
    confidence: float = 0.95

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"hit_classes": list(self.hit_classes)}

    @property
    def calibration_size(self) -> float:
        """The share of validation frames to keep from the search where nobody says."""
        return 0.0 if self.max_lost_hits is None else CALIBRATION_SIZE

    def check(self, classes: Sequence[str]) -> None:
        """Raise UsageError for what cannot be meant."""
        if self.ensemble < 1:
            raise UsageError(f"ensemble is {self.ensemble}; wanted 1 or more")
        if self.vote not in VOTES:
            raise UsageError(unknown("vote", self.vote, VOTES))
        if self.calibrate not in (None, *METHODS):
            raise UsageError(unknown("calibration", str(self.calibrate), METHODS))
        if self.vote != "soft" and self.ensemble == 1:
            raise UsageError(f"vote {self.vote} wants an ensemble", "add --ensemble 3")
        if self.vote != "soft" and self.calibrate:
            raise UsageError(
                f"the votes of {self.vote} are no scores to calibrate", "choose --vote soft"
            )
        if self.hit_classes:
            codes_of(self.hit_classes, classes)
        elif self.vote == "intersection" or self.max_lost_hits is not None:
            what = "max_lost_hits" if self.max_lost_hits is not None else "vote intersection"
            raise UsageError(
                f"{what} needs to know what a hit is", f"add --hit-class; classes: {classes}"
            )

    def check_frames(self, problem: Problem) -> None:
        """Raise DataError where there will be too few frames to calibrate with."""
        if self.calibrate is not None:
            parts_to_calibrate(problem)
        if self.max_lost_hits is None:
            return
        needed = hits_needed(self.max_lost_hits, self.confidence)
        y = problem.y[problem.calibration]
        found = int(are_hits(y, problem.dataset.classes, self.hit_classes).sum())
        if found < needed:
            raise DataError(
                f"the calibration split has {found} hits; {needed} are needed to show that at "
                f"most {self.max_lost_hits:g} are lost with confidence {self.confidence:g}",
                "keep more with --calibration-size, add frames, or allow more lost hits",
            )


def distinct(trials: Sequence[Trial]) -> list[Trial]:
    """Return finished trials best first, each config once."""
    first: dict[str, Trial] = {}
    for trial in sorted(trials, key=lambda t: (t.loss, t.tid)):
        first.setdefault(trial.config_id, trial)
    return list(first.values())
