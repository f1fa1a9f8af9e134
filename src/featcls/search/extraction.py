"""Filling the cache on the workers: blocks of frames, shared by all trials that wait for them."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from featcls.cache import Cache, blocks
from featcls.errors import RunError
from featcls.plugins import Registry
from featcls.search import features
from featcls.search.backends import ATTEMPTS, Backend
from featcls.search.problem import Problem
from featcls.search.space import SearchSpace
from featcls.search.trial import extract_block

Payload = dict[str, Any]


@dataclass
class Job:
    """One block of frames, for the atoms of `keys`."""

    future: Future[Any]
    payload: Payload
    keys: frozenset[str]
    attempt: int = 1

    @property
    def names(self) -> str:
        """The extractors at work."""
        return ", ".join(sorted({item["name"] for item in self.payload["requests"]}))


class Extraction:
    """Keeps track of which rows are being computed; no atom is computed twice."""

    def __init__(
        self,
        space: SearchSpace,
        problem: Problem,
        cache: Cache,
        registry: Registry,
        backend: Backend,
        timeout: float | None,
    ) -> None:
        self.space, self.problem, self.cache, self.registry = space, problem, cache, registry
        self.backend, self.timeout = backend, timeout
        self.jobs: dict[int, Job] = {}
        self.n_blocks = len(blocks(len(problem.parts[0])))
        self._count = 0

    def start(self, config: Mapping[str, Any], payload: Payload) -> set[int]:
        """Submit what the cache lacks for a config; return the jobs that it has to wait for.

        With what is missing goes what the space may yet ask of the same pass over a frame.
        """
        wanted = features.requests(config, self.problem, self.registry)
        own = {key for request in wanted for key in request.missing(self.cache).atoms}
        if not own:
            return set()
        pending = {key for job in self.jobs.values() for key in job.keys}
        items = []
        for request in features.widened(config, self.space, self.problem, self.registry):
            missing = request.missing(self.cache)
            atoms = {key: atom for key, atom in missing.atoms.items() if key not in pending}
            if own & atoms.keys():
                items.append(request.document(atoms))
        if items:
            self._submit(payload | {"requests": items})
        return {number for number, job in self.jobs.items() if job.keys & own}

    def done(self) -> list[tuple[int, Job, BaseException | None]]:
        """Return the jobs that ended, with their errors; those of lost workers go on once."""
        ended: list[tuple[int, Job, BaseException | None]] = []
        for number in [n for n, job in self.jobs.items() if job.future.done()]:
            if number not in self.jobs:  # ended with another of the same atoms
                continue
            job = self.jobs.pop(number)
            error = job.future.exception()
            if isinstance(error, RunError):
                raise error
            if error is not None and self.backend.is_lost(error) and job.attempt < ATTEMPTS:
                future = self.backend.submit(extract_block, job.payload, self.timeout)
                self.jobs[number] = Job(future, job.payload, job.keys, job.attempt + 1)
                continue
            ended.append((number, job, error))
            if error is not None:
                ended += [(*sibling, error) for sibling in self._cancel(job.keys)]
            elif self.left(job) == 0:
                self._merge(job)
        return ended

    def _cancel(self, keys: frozenset[str]) -> list[tuple[int, Job]]:
        """Give up the other blocks of atoms that one block failed to compute."""
        siblings = [(n, job) for n, job in self.jobs.items() if job.keys == keys]
        for number, job in siblings:
            job.future.cancel()
            del self.jobs[number]
        return siblings

    def left(self, job: Job) -> int:
        """Number of blocks of the same atoms that are still under way."""
        return sum(other.keys == job.keys for other in self.jobs.values())

    def _submit(self, payload: Payload) -> None:
        keys = frozenset(key for item in payload["requests"] for key in item["atoms"])
        for block in range(self.n_blocks):
            own = payload | {"block": block}
            self._count += 1
            self.jobs[self._count] = Job(
                self.backend.submit(extract_block, own, self.timeout), own, keys
            )

    def _merge(self, job: Job) -> None:
        for key in job.keys:
            if all(self.cache.has_block(key, block) for block in range(self.n_blocks)):
                self.cache.merge(key, self.n_blocks)
        self.cache.prune()
