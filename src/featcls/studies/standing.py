"""Where the studies stand by the papers, and what weighs most, of their stored documents."""

from collections.abc import Iterator, Sequence
from typing import Any

from featcls.studies.ablation import COLUMNS
from featcls.studies.base import Table
from featcls.studies.document import Document
from featcls.studies.tables import STANDS, table

MOST = 3  # differences that are told of a study


def standing(documents: Sequence[Document]) -> Table:
    """Return a row a document: figures above, not different from and below the paper's.

    Beside them the greatest differences that one thing makes, of those whose interval is on one
    side of 0.
    """
    rows = []
    for document in documents:
        cells = [c for own in document["tables"] for row in own["rows"] for c in row]
        weighed = sorted(_differences(document), key=lambda pair: -abs(pair[1]["value"]))
        most = "; ".join(f"{what} {100 * d['value']:+.1f}" for what, d in weighed[:MOST])
        rows.append([f"`{document['study']}`", *(cells.count(word) for word in STANDS), most])
    notes = [
        "Figures of ours whose interval lies above, overlaps or lies below that of the paper's, "
        "where the paper gives a number of frames; and what makes the greatest differences, in "
        "points: the same run with it, minus the run without it."
    ]
    return table("Where featcls stands", ["study", *STANDS, "what weighs most"], rows, notes)


def _differences(document: Document) -> Iterator[tuple[str, Any]]:
    """Yield the name and figure of each difference that is not 0 by its interval."""
    n = len(COLUMNS)
    for own in document["tables"]:
        if tuple(own["columns"][-n:]) != COLUMNS:
            continue
        for row in own["rows"]:
            *front, what, _, _, difference = row
            low, high = difference["interval"]
            if low > 0 or high < 0:
                yield f"{what} ({', '.join(front)})" if front else what, difference
