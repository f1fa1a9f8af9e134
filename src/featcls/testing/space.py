"""The contract of named search spaces: TOML that every draw turns into a whole config."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from featcls.config import canonical
from featcls.plugins import Entry, Registry, registry
from featcls.search.document import resolve
from featcls.search.sampler import Sampler
from featcls.search.space import SearchSpace
from featcls.testing.imports import IMPORT
from featcls.testing.report import Report, run_checks
from featcls.testing.step import DRAWS


def check_space(
    entry: Entry,
    plugins: Registry | None = None,
    *,
    samples: int = DRAWS,
    seed: int = 0,
    skip: Collection[str] = (),
) -> Report:
    """Check that a named search space keeps its contract.

    Parameters
    ----------
    entry : Entry
        As `registry().get("space", name)` gives it.
    plugins : Registry, optional
        Where the plugins that it names are; by default what is installed.
    samples : int
        Configs drawn from it.
    seed : int
        Of the draws.
    skip : collection of str
        Names of checks to leave out.

    Raises
    ------
    BrokenContract
        Names every check that failed.
    """
    plugins = registry() if plugins is None else plugins
    return run_checks(entry.name, Subject(entry, plugins, samples, seed), CHECKS, skip)


@dataclass(frozen=True)
class Subject:
    """A named space among the plugins that it may name."""

    entry: Entry
    plugins: Registry
    samples: int
    seed: int

    @property
    def module(self) -> str:
        """The plugin that registered it, or an empty text."""
        return self.entry.module

    def resolve(self, strict: bool = False) -> SearchSpace:
        """Make the space of its text, afresh."""
        document = tomllib.loads(self.entry.factory())
        return resolve(document, self.entry.name, self.plugins, (), strict)

    @cached_property
    def sampler(self) -> Sampler:
        """Draws configs at random."""
        return Sampler(self.resolve(), self.seed, "random")


def its_text_is_a_space(subject: Subject) -> None:
    assert subject.resolve().classifiers, "it has no classifier"


def its_version_is_the_names(subject: Subject) -> None:
    version = tomllib.loads(subject.entry.factory()).get("version")
    wanted = int(subject.entry.name.partition("@")[2])
    assert version == wanted, f"its text has version = {version!r}, its name says {wanted}"


def it_is_the_same_space_twice(subject: Subject) -> None:
    assert subject.resolve().space_id == subject.resolve().space_id, "its space_id changes"


def its_first_trials_are_configs(subject: Subject) -> None:
    for point in subject.sampler.first:
        canonical(subject.sampler.config(point), subject.plugins.space_of)


def every_draw_is_a_config(subject: Subject) -> None:
    for tid in range(subject.samples):
        drawn = subject.sampler.config(subject.sampler.ask(tid, []))
        config = canonical(drawn, subject.plugins.space_of)
        assert canonical(config, subject.plugins.space_of) == config, f"{config} is not stable"


CHECKS = (
    *IMPORT,
    its_text_is_a_space,
    its_version_is_the_names,
    it_is_the_same_space_twice,
    its_first_trials_are_configs,
    every_draw_is_a_config,
)
