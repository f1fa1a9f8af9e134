"""Run named checks, count them and say which failed."""

import logging
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

log = logging.getLogger("featcls.testing")
Subject = TypeVar("Subject")


class NotApplicable(Exception):
    """Raised by a check that has nothing to check on its subject; the reason is its text."""


@dataclass(frozen=True)
class Report:
    """What became of the checks of one plugin, by the name of each check."""

    subject: str
    passed: Sequence[str]
    failed: Mapping[str, str]
    skipped: Mapping[str, str]

    @property
    def n_run(self) -> int:
        """Number of checks that passed or failed."""
        return len(self.passed) + len(self.failed)

    def __str__(self) -> str:
        head = (
            f"{self.subject}: {self.n_run} checks run, {len(self.failed)} failed, "
            f"{len(self.skipped)} skipped"
        )
        return "\n".join([head, *(f"  {name}: {why}" for name, why in self.failed.items())])


class BrokenContract(AssertionError):
    """Some checks failed; `report` holds them all."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def run_checks(
    name: str,
    subject: Subject,
    checks: Sequence[Callable[[Subject], None]],
    skip: Collection[str] = (),
) -> Report:
    """Run every check on a subject; a check is named by its function, `_` read as a space."""
    passed: list[str] = []
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    labels = [check.__name__.replace("_", " ") for check in checks]
    if wrong := set(skip) - set(labels):
        raise ValueError(f"skip names no checks: {sorted(wrong)}; the checks are {labels}")
    for label, check in zip(labels, checks, strict=True):
        if label in skip:
            skipped[label] = "left out by the caller"
            continue
        log.info("%s: %s", name, label)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check(subject)
        except NotApplicable as reason:
            skipped[label] = str(reason)
        except Exception as error:
            failed[label] = f"{type(error).__name__}: {error}"
        else:
            passed.append(label)
    report = Report(name, passed, failed, skipped)
    if failed:
        raise BrokenContract(report)
    return report
