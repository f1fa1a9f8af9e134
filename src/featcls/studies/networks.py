"""Networks of the torch plugin, trained and tried by a study like any classifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.atomic import unfinished
from featcls.classifiers import base as classifiers
from featcls.config import Config, canonical, digest, params_from_json
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.plugins import Registry, registry
from featcls.search.problem import Indices
from featcls.studies.base import Setting
from featcls.studies.bench import Bench
from featcls.studies.pictures import Pictures, several
from featcls.studies.tables import Outcome

PLUGIN = ("torch", "featcls_torch")  # as an entry point, and as a module
INSTALL = (
    "pip install torch --index-url https://download.pytorch.org/whl/cpu and "
    "pip install ./plugins/featcls-torch"
)
Part = tuple[Pictures, NDArray[Any], Indices]  # frames, labels of all of them, which are meant


def missing(installed: Registry, *names: str) -> UsageError | None:
    """Return what keeps these networks from being trained, with the commands that help."""
    absent = [name for name in names if name not in installed.names("classifier")]
    if not absent:
        return None
    plugin = f"the plugin featcls-torch, which brings {', '.join(absent)},"
    for row in installed.rows:
        if row.plugin in PLUGIN and row.reason:
            reason, _, remedy = row.reason.partition("; ")
            return UsageError(f"{plugin} is off: {reason}", remedy or "`featcls plugins` lists it")
    return UsageError(f"{plugin} is not installed", INSTALL)


def require(installed: Registry, *names: str) -> None:
    """Raise UsageError where one of these networks cannot be trained."""
    if error := missing(installed, *names):
        raise error


@dataclass(frozen=True)
class Fit:
    """A network to be trained and tried: all that a process needs.

    Parameters
    ----------
    classifier : Config
        Name and parameters, canonical.
    classes : tuple of str
    learn : tuple of Part
    held : tuple of Part
        Each is scored for itself.
    seed : int
    stops : tuple of int
        Epochs after which it is tried, ascending; training then goes on.
    plugins : tuple of str
        As of the `Setting`.
    """

    classifier: Config
    classes: tuple[str, ...]
    learn: tuple[Part, ...]
    held: tuple[Part, ...]
    seed: int
    stops: tuple[int, ...]
    plugins: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name what is trained and tried, for a file of its result."""
        parts = [
            [frames.path.name, y[rows].tolist(), rows.tolist()]
            for frames, y, rows in (*self.learn, *self.held)
        ]
        version = registry(self.plugins).versions([("classifier", self.classifier["name"])])
        mine = [self.classifier, self.classes, len(self.learn), self.seed, self.stops]
        return digest([mine, version, parts])[:16]


@dataclass(frozen=True)
class Tried:
    """What a network scores after some epochs, and the seconds that these took."""

    epochs: int
    outcomes: list[Outcome]  # one for each of `held`
    seconds: float


def fit(
    bench: Bench,
    config: Config,
    learn: Sequence[Part],
    held: Sequence[Part],
    seed: int,
    stops: Sequence[int] = (),
) -> Fit:
    """Return a network of a config to be trained on parts of benches, tried after its last epoch.

    The classes are those of the bench; the frames have passed the config's chain already.
    """
    known = canonical(config, bench.registry.space_of)["classifier"]
    budget = bench.registry.get("classifier", known["name"]).options["budget"]
    ends = tuple(stops) or (known["params"][budget],)
    return Fit(known, bench.classes, tuple(learn), tuple(held), seed, ends, bench.setting.plugins)


def tried(fits: Sequence[Fit], setting: Setting) -> list[list[Tried]]:
    """Train networks and try each at its stops; every one in a process, on one thread.

    What was trained before is read from the work folder, an interrupted training goes on.
    """
    from joblib import Parallel, delayed

    folder = setting.work / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{one.key}.npz" for one in fits]
    todo = {p: one for p, one in zip(paths, fits, strict=True) if not p.exists()}
    done = Parallel(n_jobs=min(setting.n_jobs, len(todo) or 1), return_as="generator_unordered")(
        delayed(_train)(one, path) for path, one in todo.items()
    )
    for k, name in enumerate(done, 1):
        setting.observer(f"{name} trained, {k} of {len(todo)}")
    return [_read(path, one) for path, one in zip(paths, fits, strict=True)]


def stages(
    bench: Bench,
    configs: Sequence[Config],
    splits: Sequence[Sequence[Indices]],
    stops: Sequence[int] = (),
) -> list[list[list[Tried]]]:
    """Return, of each config and each split, what the network scores at its stops.

    It learns from the first part of a split; the other parts are scored, in their order.
    """
    fits = []
    for config, frames in zip(configs, several(bench, configs), strict=True):
        for seed, split in enumerate(splits):
            learn, *held = [(frames, bench.y, rows) for rows in split]
            fits.append(fit(bench, config, [learn], held, seed, stops))
    found = tried(fits, bench.setting)
    n = len(splits)
    return [found[k * n : (k + 1) * n] for k in range(len(configs))]


def outcomes(bench: Bench, config: Config, splits: Sequence[Sequence[Indices]]) -> list[Outcome]:
    """Return what a network scores on the last part of each split, trained on the first.

    As `Bench.outcomes`, for a config whose classifier takes frames.
    """
    (own,) = stages(bench, [config], [(parts[0], parts[-1]) for parts in splits])
    return [seed[-1].outcomes[0] for seed in own]


class _Chosen(Sequence[Frame]):
    """The frames of parts, one after the other, read when asked for."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.members = [(frames, int(row)) for frames, _, rows in parts for row in rows]

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        frames, row = self.members[i]
        return frames.frame(row)


def _labels(parts: Sequence[Part]) -> NDArray[Any]:
    return np.concatenate([y[rows] for _, y, rows in parts])


def _train(one: Fit, path: Path) -> str:
    """Train one network, from where an interrupted call left it, and write its scores."""
    entry = registry(one.plugins).get("classifier", one.classifier["name"])
    X, y = _Chosen(one.learn), _labels(one.learn)
    checkpoint = path.with_suffix(".state")
    found: dict[str, Any] = {}
    for epochs in one.stops:
        params = {**one.classifier["params"], entry.options["budget"]: epochs}
        trained = classifiers.fit(
            entry,
            params_from_json(params),
            X,
            y,
            classes=one.classes,
            random_state=one.seed,
            checkpoint=checkpoint,
        )
        history = getattr(trained.parts[0], "history_", [])
        found[f"seconds-{epochs}"] = sum(epoch["seconds"] for epoch in history)
        for k, part in enumerate(one.held):
            held = _Chosen([part])
            scores = classifiers.scores(trained, held, len(one.classes), y.ndim == 2)
            found[f"scores-{epochs}-{k}"] = scores
    with unfinished(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **found)
    for left in path.parent.glob(f"{checkpoint.name}-*"):
        left.unlink()
    return entry.name


def _read(path: Path, one: Fit) -> list[Tried]:
    with np.load(path, allow_pickle=False) as found:
        return [
            Tried(
                epochs,
                [(found[f"scores-{epochs}-{k}"], _labels([p])) for k, p in enumerate(one.held)],
                float(found[f"seconds-{epochs}"]),
            )
            for epochs in one.stops
        ]
