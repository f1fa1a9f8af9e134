"""Feature rows of a whole data set, atom by atom, through the cache."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from featcls.cache import Cache, blocks, rows_key
from featcls.config import Config, digest
from featcls.dataset.ahead import ahead
from featcls.errors import PluginError
from featcls.extractors.base import Atom, Extractor, Rows, atom_key, stack
from featcls.frame import Frame
from featcls.pipeline import Branch, Chained, Chains, branches, fit_chain, needs_fit, steps
from featcls.plugins import Registry
from featcls.search.problem import Indices, Problem
from featcls.search.space import SearchSpace

FIT_FRAMES = 200  # training frames, evenly spaced, that chain parameters are learned from
FIT_BYTES = 256 << 20  # and no more than this of them
MAX_GRID = 4096  # configurations of one extractor whose atoms are listed ahead


@dataclass(frozen=True)
class Request:
    """The atoms wanted of one extractor behind one chain, with their cache keys."""

    name: str
    chain: list[Config]
    extractor: Extractor
    atoms: dict[str, Atom]  # by cache key

    def missing(self, cache: Cache) -> "Request":
        """Return the request without what the cache holds."""
        atoms = {key: atom for key, atom in self.atoms.items() if not cache.has(key)}
        return Request(self.name, self.chain, self.extractor, atoms)

    def document(self, atoms: Mapping[str, Atom]) -> dict[str, Any]:
        """Return the request for some atoms as JSON values, for a worker."""
        params = self.extractor.get_params()
        return {"name": self.name, "chain": self.chain, "params": params, "atoms": dict(atoms)}


def requests(
    config: Mapping[str, Any], problem: Problem, registry: Registry, part: int = 0
) -> list[Request]:
    """Return what a canonical config needs of a part, one request a branch, in its order."""
    return [
        _request(branch, branch.atoms.values(), problem, registry, part)
        for branch in branches(config, registry)
    ]


def widened(
    config: Mapping[str, Any], space: SearchSpace, problem: Problem, registry: Registry
) -> list[Request]:
    """Return the requests with all that the space may yet ask of the same pass over a frame."""
    wide = []
    for branch in branches(config, registry):
        atoms = {atom_key(atom): atom for atom in branch.extractor.atoms()}
        if branch.extractor.shared_pass:
            atoms |= _space_atoms(branch.name, space, registry)
        wide.append(_request(branch, atoms.values(), problem, registry))
    return wide


def compute_block(
    wanted: Sequence[Request],
    block: int,
    problem: Problem,
    cache: Cache,
    registry: Registry,
    *,
    part: int = 0,
    n_threads: int = 0,
) -> None:
    """Compute and store one block of rows of every request, reading each frame once."""
    todo = [_without_block(request, block, cache) for request in wanted]
    todo = [request for request in todo if request.atoms]
    if not todo:
        return
    chains = Chains([fitted_chain(r.chain, problem, cache, registry) for r in todo], registry)
    every = problem.parts[part]
    members = every[blocks(len(every))[block]]

    def compute(frame: Frame) -> list[list[Any]]:
        return [
            request.extractor.compute(own, list(request.atoms.values()))
            for request, own in zip(todo, chains(frame), strict=True)
        ]

    results = list(ahead(compute, _frames(problem, members), n_threads))
    ids = [problem.dataset.frame_ids[i] for i in members]
    for request, rows in zip(todo, zip(*results, strict=True), strict=True):
        for k, key in enumerate(request.atoms):
            cache.put_block(key, block, _column(request, [row[k] for row in rows], ids))


def compute_missing(
    wanted: Sequence[Request],
    problem: Problem,
    cache: Cache,
    registry: Registry,
    *,
    part: int = 0,
    n_threads: int = 0,
) -> None:
    """Compute all missing rows in this process, one writer a request at a time."""
    n_blocks = len(blocks(len(problem.parts[part])))
    how = {"part": part, "n_threads": n_threads}
    for request in wanted:
        if not request.missing(cache).atoms:
            continue
        with cache.lock(digest(sorted(request.atoms))):
            for block in range(n_blocks):
                compute_block([request.missing(cache)], block, problem, cache, registry, **how)
            for key in request.atoms:
                cache.merge(key, n_blocks)


def load(wanted: Sequence[Request], cache: Cache) -> list[dict[str, Rows]]:
    """Return the rows of each request by atom key, as `Extractor.assemble` takes them."""
    return [
        {atom_key(atom): cache.rows(key) for key, atom in request.atoms.items()}
        for request in wanted
    ]


def take(rows: Sequence[Mapping[str, Rows]], indices: Any) -> list[dict[str, Rows]]:
    """Return the rows of some frames."""
    return [
        {
            key: values[indices] if isinstance(values, np.ndarray) else values.take(indices)
            for key, values in atoms.items()
        }
        for atoms in rows
    ]


def fitted_chain(
    chain: Sequence[Config], problem: Problem, cache: Cache, registry: Registry
) -> list[Config]:
    """Return a chain with its parameters learned from training frames, remembered by key."""
    if not needs_fit(chain, registry):
        return list(chain)
    key = digest(["chain", _versioned(chain, registry), problem.fit_digest])
    learned = cache.json(key, lambda: fit_chain(chain, _fit_frames(problem), registry))
    return list(learned)


def fitted_config(config: Config, problem: Problem, cache: Cache, registry: Registry) -> Config:
    """Return a config whose chains hold what was learned: the config that a model carries."""
    shared = len(config["preprocess"])
    extractors = []
    for item in config["extractors"]:
        chain = fitted_chain(
            [*config["preprocess"], *item["preprocess"]], problem, cache, registry
        )
        extractors.append({**item, "preprocess": chain[shared:]})
    preprocess = fitted_chain(config["preprocess"], problem, cache, registry)
    return {**config, "preprocess": preprocess, "extractors": extractors}


class ChainedFrames(Chained):
    """Frames of a data set behind a chain, read when asked for: what frame classifiers take."""

    def __init__(
        self, problem: Problem, indices: Any, chain: Sequence[Config], registry: Registry
    ):
        super().__init__(_Chosen(problem, indices), steps(chain, registry))


class _Chosen(Sequence[Frame]):
    """Some frames of a data set, by number."""

    def __init__(self, problem: Problem, indices: Any) -> None:
        self.problem, self.indices = problem, list(indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: Any) -> Any:
        return self.problem.frame(int(self.indices[i]))


def _request(
    branch: Branch, atoms: Any, problem: Problem, registry: Registry, part: int = 0
) -> Request:
    fit = problem.fit_digest if needs_fit(branch.chain, registry) else None
    chain = _versioned(branch.chain, registry)
    entry = registry.get("extractor", branch.name)
    who = f"{entry.name} {entry.distribution} v{entry.version}"
    keys = {rows_key(problem.part_id(part), chain, fit, who, atom): atom for atom in atoms}
    return Request(branch.name, branch.chain, branch.extractor, keys)


def _versioned(chain: Sequence[Config], registry: Registry) -> list[Any]:
    return [[step, registry.versions([("preprocessor", step["name"])])] for step in chain]


def _space_atoms(name: str, space: SearchSpace, registry: Registry) -> dict[str, Atom]:
    """List the atoms of every configuration of an extractor in a space, where countable."""
    factory = registry.get("extractor", name).factory
    found: dict[str, Atom] = {}
    for alternative in space.alternatives:
        for member in alternative.members:
            if member.step.name != name:
                continue
            options = [param.options() for param in member.step.params.values()]
            sizes = [len(o) if o is not None else MAX_GRID + 1 for o in options]
            if np.prod(sizes, dtype=float) > MAX_GRID:
                continue
            for values in product(*(o or [] for o in options)):
                params = dict(zip(member.step.params, values, strict=True))
                found.update((atom_key(a), a) for a in factory(**params).atoms())
    return found


def _without_block(request: Request, block: int, cache: Cache) -> Request:
    atoms = {key: a for key, a in request.atoms.items() if not cache.has_block(key, block)}
    return Request(request.name, request.chain, request.extractor, atoms)


def _column(request: Request, results: list[Any], ids: Sequence[str]) -> Rows:
    """Stack one atom's results of successive frames; PluginError names what cannot be."""
    remedy = f"run `featcls plugins check {request.name}`"
    shapes = {np.shape(result)[-1:] for result in results}
    if len(shapes) != 1:
        raise PluginError(
            f"extractor {request.name!r} gives vectors of different widths: {sorted(shapes)}",
            remedy,
        )
    for result, frame_id in zip(results, ids, strict=True):
        if not np.all(np.isfinite(result)):
            raise PluginError(
                f"extractor {request.name!r} gave NaN or infinity for {frame_id}", remedy
            )
    return stack(results, request.extractor.ragged)


def _frames(problem: Problem, indices: Indices) -> Iterator[Frame]:
    """Frames in order; one that cannot be read is stood in for by a readable one, never used."""
    good = next(i for i in range(len(problem.dataset)) if i not in problem.exclude)
    for i in indices:
        yield problem.frame(good if i in problem.exclude else int(i))


def _fit_frames(problem: Problem) -> list[Frame]:
    picked = np.unique(np.linspace(0, len(problem.train) - 1, FIT_FRAMES).astype(int))
    frames: list[Frame] = []
    total = 0
    for i in problem.train[picked]:
        frame = problem.frame(int(i))
        total += frame.image.nbytes
        if frames and total > FIT_BYTES:
            break
        frames.append(frame)
    return frames
