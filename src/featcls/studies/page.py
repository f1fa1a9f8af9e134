"""Documents of studies as markdown: the page docs/studies.md, and what a terminal shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from featcls.studies.base import NAMES, Table, find
from featcls.studies.document import Document, stored
from featcls.studies.standing import standing

HEAD = """\
# Studies

The tables of the papers that featcls stands on, rerun. This page is made by
`featcls study --page docs/studies.md` from the JSON in `benchmarks/studies/results`, which
`featcls study NAME` writes; no figure of ours is typed in. A figure is the middle of its seeds;
in brackets its 95 % interval (of the frames), then the range over the seeds. The paper's figures
carry the number of their table, and the interval that their number of frames gives. Simulated
frames are not the paper's: a difference to the paper is one of data and method together. "Not
different" means that the two intervals overlap.

`featcls study` lists the studies, `featcls study NAME --scale full` runs one at the paper's size,
`--data PATH` on the paper's own data. A study that was interrupted goes on when it is repeated.
"""


def page(folder: Path) -> str:
    """Return the page of all studies, with the documents stored in a folder."""
    documents = stored(folder)
    own = standing(documents)
    parts = [HEAD, f"## {own['title']}\n", *_grid(own), "", *own["notes"], ""]
    parts += ["## What is run\n", _overview(documents)]
    parts += [markdown(document) for document in documents]
    return "\n".join(parts)


def markdown(document: Document) -> str:
    """Return one document as a section."""
    environment = document["environment"]
    lines = [
        f"## {document['title']}\n",
        f"{document['source']}. `{document['command']}`: {document['seconds']:g} s on "
        f"{environment['n_jobs']} of {environment['cores']} cores (load {environment['load']:g} "
        f"at the start), featcls {environment['featcls']}, {document['started_utc'][:10]}.\n",
    ]
    for table in document["tables"]:
        lines += [f"### {table['title']}\n", *_grid(table), ""]
        lines += [f"{note}\n" for note in table["notes"]]
    return "\n".join(lines)


def cell(value: Any) -> str:
    """Return a cell as words.

    Examples
    --------
    >>> cell({"value": 0.9121, "interval": [0.836, 0.955], "n": 91, "table": "table 7"})
    '91.21 % [83.6, 95.5] (table 7, n = 91)'
    >>> cell({"value": 5.7, "unit": "s", "interval": None, "table": "section 3.4"})
    '5.7 s (section 3.4)'
    >>> cell({"value": 0.021, "unit": "points", "interval": [-0.003, 0.05]})
    '+2.1 points [-0.3, +5.0]'
    """
    if value is None:
        return ""
    if not isinstance(value, dict):
        return f"{value:g}" if isinstance(value, float) else str(value)
    sign = "+" if value.get("unit") == "points" else ""
    text = _number(value["value"], value.get("unit"))
    if value["interval"] is not None:
        low, high = value["interval"]
        text += f" [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"
    return text + _about(value, sign)


def _number(value: float, unit: str | None) -> str:
    if unit == "points":
        return f"{100 * value:+.1f} points"
    return f"{value:g} {unit}" if unit else f"{100 * value:.4g} %"


def _about(value: dict[str, Any], sign: str) -> str:
    words = []
    if value.get("seeds", 1) > 1:
        low, high = (f"{100 * end:{sign}.1f}" for end in value["spread"])
        words.append(f"{low} to {high} over {value['seeds']} seeds")
    words += [value[key] for key in ("table", "note") if value.get(key)]
    words += [f"n = {value['n']}"] if value.get("n") else []
    return f" ({', '.join(words)})" if words else ""


def _grid(table: Table) -> list[str]:
    rows = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    return ["| " + " | ".join(cell(c).replace("|", "\\|") for c in row) + " |" for row in rows]


def _overview(documents: Sequence[Document]) -> str:
    done = {(document["study"], document["scale"]) for document in documents}
    lines = ["| study | source | needs | small | full | stored |", "|---|---|---|---|---|---|"]
    for study in map(find, NAMES):
        scales = ", ".join(s for s in ("small", "full") if (study.name, s) in done) or "not yet"
        lines.append(
            f"| `{study.name}` | {study.source} | {study.needs} | {study.cost['small']} "
            f"| {study.cost['full']} | {scales} |"
        )
    return "\n".join(lines) + "\n"
