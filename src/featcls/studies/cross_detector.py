"""Learned on one detector, tried on the others (Ke et al., tables 4 to 6)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from featcls.config import Config
from featcls.plugins import registry
from featcls.studies import ablation, networks, screening_cnn
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench, Matrix
from featcls.studies.frames import RAYONIX, screening_note, screening_runs
from featcls.studies.hit_finding import SHARES, TEST, chain
from featcls.studies.pictures import pictures
from featcls.studies.tables import BESIDE, Outcome, beside, measured, paper, table, together

GROUPS = {"Rayonix": RAYONIX, "LG36": ("LG36",), "L498": ("L498",)}
# Trained on -> tested on -> success rate.
TABLE_4 = {
    "LO19": {"LO19": 0.93, "LN83": 0.85, "LN84": 0.65},
    "LN83": {"LO19": 0.91, "LN83": 0.96, "LN84": 0.90},
    "LN84": {"LO19": 0.74, "LN83": 0.92, "LN84": 0.90},
}
TABLE_5 = {
    "Rayonix": {"Rayonix": 0.92, "LG36": 0.12, "L498": 0.41},
    "LG36": {"Rayonix": 0.33, "LG36": 0.96, "L498": 0.30},
    "L498": {"Rayonix": 0.67, "LG36": 0.85, "L498": 0.82},
}
TABLE_6 = {
    "Rayonix": {"Rayonix": 0.91, "LG36": 0.12, "L498": 0.41},
    "Rayonix+LG36": {"Rayonix": 0.94, "LG36": 0.91, "L498": 0.54},
    "Rayonix+LG36+L498": {"Rayonix": 0.91, "LG36": 0.94, "L498": 0.74},
}
NORMAL, RAW = "LCN", "raw"
TABLES = {"table 4": TABLE_4, "table 5": TABLE_5, "table 6": TABLE_6}


class Pipeline(Protocol):
    """What learns on some runs and is tried on others, once a seed."""

    def outcomes(self, learn: Sequence[str], held: Sequence[str]) -> list[Outcome]:
        """Return the scores of the test frames of some runs by what others taught."""


class Features:
    """Features of the runs behind one chain, and a forest."""

    def __init__(self, benches: Mapping[str, Bench], config: Config, setting: Setting) -> None:
        self.benches, self.config, self.setting = benches, config, setting
        self.X: dict[str, Matrix] = {k: b.vectors(config)[0] for k, b in benches.items()}
        self.splits = {name: bench.splits(*SHARES) for name, bench in benches.items()}

    def outcomes(self, learn: Sequence[str], held: Sequence[str]) -> list[Outcome]:
        first = self.benches[learn[0]]
        return [
            first.outcome(
                self.config, self._part(learn, seed, 0), self._part(held, seed, -1), seed
            )
            for seed in range(self.setting.seeds)
        ]

    def _part(self, names: Sequence[str], seed: int, at: int) -> list[Any]:
        return [(self.X[k], self.benches[k].y, self.splits[k][seed][at]) for k in names]


class Network:
    """A network behind LCN: trained on each set of runs once, and tried on every run."""

    def __init__(
        self, benches: Mapping[str, Bench], setting: Setting, learned: Sequence[tuple[str, ...]]
    ) -> None:
        config = screening_cnn.network(setting, screening_cnn.LCN)
        frames = {name: pictures(bench, config) for name, bench in benches.items()}
        splits = {name: bench.splits(*SHARES) for name, bench in benches.items()}
        fits = {}
        for learn in learned:
            for seed in range(setting.seeds):
                own = [(frames[k], benches[k].y, splits[k][seed][0]) for k in learn]
                held = [(frames[k], benches[k].y, splits[k][seed][-1]) for k in benches]
                fits[learn, seed] = networks.fit(benches[learn[0]], config, own, held, seed)
        tried = networks.tried(list(fits.values()), setting)
        self.found = {
            key: dict(zip(benches, stages[-1].outcomes, strict=True))
            for key, stages in zip(fits, tried, strict=True)
        }
        self.seeds = range(setting.seeds)

    def outcomes(self, learn: Sequence[str], held: Sequence[str]) -> list[Outcome]:
        return [together([self.found[tuple(learn), k][run] for run in held]) for k in self.seeds]


def members(words: str) -> list[str]:
    """Return the runs that a row or column of a table names.

    Examples
    --------
    >>> members("Rayonix+LG36")
    ['LN84', 'LN83', 'LO19', 'LG36']
    """
    return [run for word in words.split("+") for run in GROUPS.get(word, (word,))]


def run(setting: Setting) -> list[Table]:
    """Return tables 4, 5 and 6, behind raw and behind normalised frames."""
    data = screening_runs(setting)
    benches = {name: Bench(source, setting) for name, source in data.items()}
    normal = [*chain(setting), p.step("lcn", window=9)]
    features = [*p.lbp(), *p.intensity(), *p.glcm(ends="frame", levels=32)]
    pipelines: dict[str, Pipeline] = {
        NORMAL: Features(benches, p.config(features, preprocess=normal), setting),
        RAW: Features(benches, p.config(features, preprocess=chain(setting)), setting),
    }
    absent = networks.missing(registry(setting.plugins), "ke")
    if absent is None:
        learned = dict.fromkeys(
            tuple(own) for printed in TABLES.values() for words in printed
            if (own := _present(words, benches))
        )  # fmt: skip
        pipelines[screening_cnn.LABEL] = Network(benches, setting, list(learned))
    notes = [
        screening_note(setting),
        "The same features (LBP, moments and quantiles, GLCM) and a forest, once behind LCN and "
        "once on raw counts: the difference of the two is what the normalisation carries over.",
        screening_cnn.note(setting, absent),
    ]
    titles = ("One Rayonix run to another", "One detector to another", "Pooled training frames")
    tables = [
        table(title, ["trained on", "tested on", "frames", *BESIDE], rows, notes)
        for title, (where, values) in zip(titles, TABLES.items(), strict=True)
        if (rows := _rows(where, values, pipelines, benches))
    ]
    return [*tables, _trivial(benches), _carried(pipelines, benches)]


def _carried(pipelines: Mapping[str, Pipeline], benches: Mapping[str, Bench]) -> Table:
    """Return what LCN gives the features on the detectors they learned from, and on others."""
    rows = []
    for learn, tests in TABLE_5.items():
        for held in tests:
            own, other = _present(learn, benches), _present(held, benches)
            if own and other:
                normal, raw = (pipelines[name].outcomes(own, other) for name in (NORMAL, RAW))
                cells = ablation.compared(NORMAL, normal, raw, benches[own[0]].classes)
                rows.append([learn, held, *cells])
    return ablation.rests(rows, front=["trained on", "tested on"])


def _rows(
    where: str,
    values: Mapping[str, Mapping[str, float]],
    pipelines: Mapping[str, Pipeline],
    benches: Mapping[str, Bench],
) -> list[list[Any]]:
    rows = []
    for learn, tests in values.items():
        for held, printed in tests.items():
            own, other = _present(learn, benches), _present(held, benches)
            if not own or not other:
                continue
            theirs = paper(printed, where, TEST * len(members(held)))
            for label, runs in pipelines.items():
                classes = benches[own[0]].classes
                ours = measured("accuracy", runs.outcomes(own, other), classes)
                rows.append([learn, held, label, *beside(ours, theirs)])
    return rows


def _present(words: str, benches: Mapping[str, Bench]) -> list[str]:
    return [run for run in members(words) if run in benches]


def _trivial(benches: Mapping[str, Bench]) -> Table:
    rows = [
        [name, label, measured("accuracy", outcomes, bench.classes)]
        for name, bench in benches.items()
        for label, outcomes in bench.trivial(bench.splits(*SHARES))
    ]
    return table("Trivial baselines, within each run", ["run", "baseline", "featcls"], rows)


STUDY = Study(
    "cross-detector",
    "From one detector to another",
    "Ke et al. (2018), tables 4 to 6",
    "the plugin featcls-torch for the rows of a CNN; `--data`: CXIDB 76, a folder a run",
    {
        "small": "5 x 240 frames of 3 to 4 Mpx, two chains",
        "full": "5 x 2,000 frames; the CNN keeps 37 GB of them",
    },
    run,
)
