"""What an inspection found, in words: the rows that `featcls inspect` prints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featcls.cli import output
from featcls.report.words import plural

if TYPE_CHECKING:
    from featcls.dataset.inspection import Inspection

SHOWN = 5  # of a list
CLASSES = 20  # of them


def show(found: "Inspection", more: Mapping[str, Any]) -> None:
    """Print what was found in a data set, then the warnings."""
    from rich.table import Table
    from rich.text import Text

    from featcls.dataset.inspection import LEAK

    console = output.stdout()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in _rows(found, more):
        grid.add_row(name, Text(words))
    console.print(grid)
    for warning in found.warnings:
        style = "bold red" if warning.startswith(LEAK) else "bold yellow"
        console.print(Text(f"! {warning}", style=style), soft_wrap=True)


def _rows(found: "Inspection", more: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("frames", str(found.frames)),
        ("readers", _counts(found.readers)),
        ("shapes", _counts(found.shapes)),
        ("types", _counts(found.dtypes)),
    ]
    if found.low is not None and found.high is not None:
        rows.append(("values", f"{found.low:g} to {found.high:g} where not masked"))
    share = f"{100 * found.masked_share:.2g} % of the pixels" if found.masked_share else "nothing"
    rows.append(("masked", share))
    rows += [
        ("", f"{reason}: {plural(own['pixels'], 'pixel')} in {plural(own['frames'], 'frame')}")
        for reason, own in list(found.masked.items())[: 2 * SHOWN]
    ]
    rows.append(("geometry", _geometry(found)))
    if found.classes:
        rows.append(("classes", _counts(found.classes, CLASSES)))
    for name, own in found.splits.items():
        classes = (
            f" ({_counts(own['classes'], CLASSES)})"
            if len(found.splits) > 1 and found.classes
            else ""
        )
        rows.append((name, f"{own['frames']}{classes}"))
    if found.groups is not None:
        rows.append(("groups", str(found.groups)))
    rows += _some("leak", [_alike(one) for one in found.duplicates if len(one["splits"]) > 1])
    rows += _some("alike", [_alike(one) for one in found.duplicates if len(one["splits"]) == 1])
    rows += _some("broken", [f"{one['frame_id']}: {one['what']}" for one in found.broken])
    rows += _some("flat", found.flat)
    if bad := more.get("bad_pixels"):
        kinds = ", ".join(f"{bad[kind]} {kind}" for kind in ("hot", "warm", "dead"))
        rows.append(("bad pixels", f"{kinds} in {bad['frames']} frames; use --mask {bad['out']}"))
    if at := more.get("beam_center"):
        rows.append(("beam", _beam(at)))
    if "sheet" in more:
        rows.append(("sheet", str(more["sheet"])))
    return rows


def _counts(counts: Mapping[str, int], most: int = SHOWN) -> str:
    """Name the first few, the most frequent where they are sorted, and say how many more."""
    shown = [f"{name} {n}" for name, n in list(counts.items())[:most]]
    return ", ".join(shown) + _more(len(counts), most)


def _more(n: int, shown: int = SHOWN) -> str:
    return f" and {n - shown} more" if n > shown else ""


def _some(name: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Rows for the first few lines, the last of which says how many more there are."""
    shown = [(name, line) for line in lines[:SHOWN]]
    return shown + [("", _more(len(lines)).strip())] * (len(lines) > SHOWN)


def _alike(one: Mapping[str, Any]) -> str:
    names = ", ".join(one["frames"][:SHOWN]) + _more(len(one["frames"]))
    where = f" in {' and '.join(one['splits'])}" if len(one["splits"]) > 1 else ""
    labels = f", labels {' and '.join(one['labels'])}" if len(one["labels"]) > 1 else ""
    return f"{names}{' (exact)' if one['exact'] else ''}{where}{labels}"


def _beam(at: Mapping[str, Any]) -> str:
    words = f"--beam-center {at['x']},{at['y']} (correlation {at['correlation']})"
    if at["sure"]:
        return words
    if at["disagreement"] is None:
        return f"{words}: do not trust it, the frames tell little"
    pixels = f"inner and outer half disagree by {at['disagreement']:g} pixels"
    return f"{words}: do not trust it, {pixels}"


def _geometry(found: "Inspection") -> str:
    if not found.geometry:
        return "none: features that need the beam take the middle of the image"
    first = found.geometry[0]
    words = []
    if first["beam_center"] is not None:
        row, col = first["beam_center"]
        words.append(f"beam at x {col:.2f}, y {row:.2f}")
    if first["pixel_size"] is not None:
        words.append(f"pixels of {1e6 * first['pixel_size']:.4g} um")
    if first["distance"] is not None:
        words.append(f"distance {1e3 * first['distance']:.5g} mm")
    if first["wavelength"] is not None:
        words.append(f"wavelength {1e10 * first['wavelength']:.5g} A")
    if len(found.geometry) > 1:
        words.append(f"{len(found.geometry)} different ones")
    if found.without_geometry:
        words.append(f"none in {plural(found.without_geometry, 'frame')}")
    return ", ".join(words)
