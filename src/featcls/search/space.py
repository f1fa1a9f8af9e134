"""A search space: the choices that a search draws from, as plain data."""

from dataclasses import dataclass
from typing import Any

from featcls.config import digest
from featcls.spaces import Space


@dataclass(frozen=True)
class Step:
    """A plugin with the ranges of its parameters; an optional one may be left out."""

    name: str
    params: Space
    optional: bool = False

    def document(self) -> Any:
        """Return what identifies the step."""
        params = {key: repr(param) for key, param in self.params.items()}
        return [self.name, params, self.optional]


@dataclass(frozen=True)
class Member:
    """An extractor behind its own chain."""

    step: Step
    chain: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """One way to get features: usually one extractor, or several that belong together.

    `joins` are the labels of those that it may stand in a union with; None means all.
    """

    label: str
    members: tuple[Member, ...]
    joins: tuple[str, ...] | None = None

    def may_join(self, other: "Alternative") -> bool:
        """Say whether both may stand in one union."""
        return all(
            one.joins is None or two.label in one.joins
            for one, two in ((self, other), (other, self))
        )


@dataclass(frozen=True)
class SearchSpace:
    """All that a search may draw: data only, made from a document and the installed plugins."""

    name: str
    preprocess: tuple[Step, ...]
    alternatives: tuple[Alternative, ...]
    union: int
    scale: tuple[str, ...]
    classifiers: tuple[Step, ...]
    first: tuple[tuple[tuple[str, ...], str], ...]  # (labels, classifier) of the first trials
    left_out: tuple[dict[str, str], ...] = ()
    asha: bool = False  # whether a search of it goes by rungs if nothing else is said
    eta: int = 3
    rungs: int = 4

    @property
    def space_id(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the choices."""
        alternatives = [
            [
                a.label,
                [[m.step.document(), [s.document() for s in m.chain]] for m in a.members],
                a.joins,
            ]
            for a in self.alternatives
        ]
        steps = [
            [step.document() for step in part] for part in (self.preprocess, self.classifiers)
        ]
        return digest([steps, alternatives, self.union, self.scale, self.first])[:16]

    def plugins(self) -> set[tuple[str, str]]:
        """Return (kind, name) of every plugin that a trial may use."""
        members = [member for a in self.alternatives for member in a.members]
        chains = [step for member in members for step in member.chain]
        return (
            {("extractor", member.step.name) for member in members}
            | {("preprocessor", step.name) for step in (*chains, *self.preprocess)}
            | {("classifier", step.name) for step in self.classifiers}
        )
