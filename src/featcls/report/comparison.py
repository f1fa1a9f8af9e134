"""Two runs side by side: what is the same, what came out, and whether the difference is real."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from featcls.report.html import Html, join, tag
from featcls.report.paired import Paired, paired
from featcls.report.sheet import sheet
from featcls.report.story import Story
from featcls.report.words import duration, extractors_of, plural, short
from featcls.search.judged import held_out, of_model

if TYPE_CHECKING:
    from featcls.search import Run

TOP = 8  # of each leaderboard
SAME: dict[str, Callable[[dict[str, Any]], Any]] = {
    "data": lambda info: info["dataset"]["dataset_id"],
    "pixels": lambda info: info["dataset"]["pixels_id"],
    "space": lambda info: info["space_id"],
    "metric": lambda info: info["metric"],
    "objective": lambda info: info["objective"],
    "seed": lambda info: info["seed"],
}


class Comparison:
    """Two runs, A and B, and what they share."""

    def __init__(self, a: "Run", b: "Run") -> None:
        self.runs = (a, b)
        self.sides = (Story(a), Story(b))
        self.same = {name: of(a.info) == of(b.info) for name, of in SAME.items()}
        self.pairs = self._pairs()

    def document(self) -> dict[str, Any]:
        """Return the comparison as JSON values; differences are B less A."""
        keys = ("name", "metric", "space", "seconds", "best")
        return {
            "runs": [
                {
                    "path": str(story.path),
                    "status": story.run.status,
                    **{key: story.info.get(key) for key in keys},
                    "test": (story.test or {}).get("metrics"),
                    "n_trials": len(story.trials),
                    "n_failed": story.n_failed,
                }
                for story in self.sides
            ],
            "same": self.same,
            "extractors": {name: list(values) for name, values in self._extractors().items()},
            "paired": [asdict(pair) for pair in self.pairs],
        }

    def page(self) -> str:
        """Return the comparison as one HTML file."""
        names = [str(story.info["name"]) for story in self.sides]
        top = join(
            tag("p", "featcls comparison of two runs", class_="kicker"),
            tag("h1", f"A {names[0]} and B {names[1]}"),
            [tag("p", words, class_="lead") for words in self.words()],
        )
        sections = [
            ("same", "What is the same", self._facts()),
            ("paired", "Frame by frame", self._paired()),
            ("leaderboards", "Leaderboards", self._leaderboards()),
            ("extractors", "Best of each extractor", self._matrix()),
        ]
        return sheet(f"{names[0]} and {names[1]}", top, sections)

    def words(self) -> list[str]:
        """Say what came out, and what it is worth."""
        said = [
            f"{letter}: {short(story.best['config'])}, {story.figure(story.best['value'])} "
            f"{story.metric_name} on validation"
            + (f", {story.test_value} on test." if story.test else ".")
            if story.best
            else f"{letter}: no trial has succeeded."
            for letter, story in zip("AB", self.sides, strict=True)
        ]
        said += [_verdict(pair) for pair in self.pairs]
        if not self.pairs:
            said.append("No frame was judged in both runs, so nothing tells chance from merit.")
        if self.pairs and not self.same["pixels"]:
            said.append("The data differ: frames were matched by name, check that they are alike.")
        return said

    def _pairs(self) -> list[Paired]:
        found = []
        for of in (of_model, held_out):
            a, b = (of(run) for run in self.runs)
            if a is not None and b is not None:
                made = paired(a, b, self.sides[0].classes, self.sides[1].classes)
                found += [made] if made else []
        return found

    def _facts(self) -> Html:
        sources = [s.info["dataset"]["spec"].get("source") or "simulated" for s in self.sides]
        rows: list[tuple[str, list[str]]] = [
            ("data", sources),
            ("frames", [f"{s.info['dataset']['n']:,}" for s in self.sides]),
            ("space", [str(s.info["space"]) for s in self.sides]),
            ("metric", [s.metric_name for s in self.sides]),
            ("objective", [s.objective for s in self.sides]),
            ("seed", [str(s.info["seed"]) for s in self.sides]),
            ("trials", [f"{len(s.trials):,}, {s.n_failed} failed" for s in self.sides]),
            ("time", [duration(s.info.get("seconds")) for s in self.sides]),
        ]
        told = {True: "same", False: "differs", None: ""}
        return _table(
            ("", "A", "B", ""),
            [[name, *values, told[self.same.get(name)]] for name, values in rows],
        )

    def _paired(self) -> Html | None:
        if not self.pairs:
            return None
        head = (
            "frames",
            "n",
            "both right",
            "only A",
            "only B",
            "neither",
            "B less A",
            "95 %",
            "p",
        )
        rows = [
            [
                pair.role,
                f"{pair.n:,}",
                *map(str, (pair.both, pair.only_a, pair.only_b, pair.neither)),
                _points(pair.difference),
                " to ".join(map(_points, pair.interval)),
                f"{pair.p_value:.2g}",
            ]
            for pair in self.pairs
        ]
        words = (
            "Balanced accuracy in points, on the frames that both runs judged, with the interval "
            "from resampling them; p is McNemar's exact test. Validation frames also chose the "
            "winners, so trust the test frames more."
        )
        return join(tag("p", words, class_="soft"), _table(head, rows))

    def _leaderboards(self) -> Html:
        parts = []
        for letter, story in zip("AB", self.sides, strict=True):
            rows = [
                [f"{short(trial.config)} (trial {trial.tid})", story.figure(story.value(trial))]
                for trial in story.ranked[:TOP]
            ]
            rows += [[str(row["name"]), story.figure(row["value"])] for row in story.baselines]
            head = ("pipeline", story.metric_name)
            title = tag("h3", f"{letter}: {story.info['name']}")
            parts.append(tag("div", title, _table(head, rows)))
        return tag("div", parts, class_="plots")

    def _extractors(self) -> dict[str, tuple[float | None, ...]]:
        """Return each set of extractors with its best value in A and in B."""
        best: tuple[dict[str, float], ...] = ({}, {})
        for values, story in zip(best, self.sides, strict=True):
            for trial in story.ranked:
                values.setdefault(extractors_of(trial.config), story.value(trial))
        return {name: tuple(values.get(name) for values in best) for name in (best[0] | best[1])}

    def _matrix(self) -> Html | None:
        rows = [
            [name, *(story.figure(v) for story, v in zip(self.sides, values, strict=True))]
            for name, values in self._extractors().items()
        ]
        values = [f"{letter}, {s.metric_name}" for letter, s in zip("AB", self.sides, strict=True)]
        head = ("features", *values)
        return _table(head, rows) if rows else None


def _verdict(pair: Paired) -> str:
    frames = plural(pair.n, f"{pair.role} frame")
    span = " to ".join(map(_points, pair.interval))
    better = "B is better" if pair.difference > 0 else "A is better"
    if not pair.clear:
        better = "the runs cannot be told apart"
    return (
        f"On {frames} of both, B less A is {_points(pair.difference)} points ({span}): {better}."
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _table(head: tuple[str, ...], rows: list[list[str]]) -> Html:
    body = [
        tag("tr", tag("th", row[0], scope="row"), [tag("td", word) for word in row[1:]])
        for row in rows
    ]
    heads = [tag("th", word, scope="col") for word in head]
    made = tag("table", tag("thead", tag("tr", heads)), tag("tbody", body))
    return tag("div", made, class_="scroll", tabindex=0)
