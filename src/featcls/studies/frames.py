"""The frames of a study: simulated ones, or the paper's own where they are given."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from featcls import atomic
from featcls.errors import DataError
from featcls.studies.base import Setting

DIFFRANET = ("blank", "no-crystal", "weak", "good", "strong")
SCREENED = ("miss", "maybe", "hit")
RAYONIX = ("LN84", "LN83", "LO19")
RUNS = ("L498", "LG36", *RAYONIX)
SIMULATED = {"toy": ("LG36", "LN84"), "small": RUNS, "full": RUNS}
RUN_FRAMES = {"toy": 24, "small": 240, "full": 2000}
# Most shots of the presets miss, as at the beamline. Of a few frames too few would be hits, so
# the jet carries more crystals there.
RUN_CHANGES: dict[str, dict[str, Any]] = {
    "toy": {"shape": [240, 240], "volume_mean": 2.0},
    "small": {"volume_mean": 1.0},
    "full": {},
}
CENTRE = {"toy": None, "small": [720, 720], "full": [720, 720]}

Data = str | dict[str, Any]


def simulated(
    preset: str,
    n: int,
    classes: Sequence[str] = (),
    *,
    seed: int = 0,
    compressed: bool = True,
    changes: Mapping[str, Any] | None = None,
) -> Data:
    """Return the spec of frames that are made when they are asked for."""
    options = {"preset": preset, "n": n, "seed": seed, "compressed": compressed}
    options |= {"changes": dict(changes)} if changes else {}
    select = {"classes": list(classes)} if classes else {}
    return {"reader": "simulate", "options": options, "select": select}


def screening_runs(setting: Setting) -> dict[str, Data]:
    """Return the data of each of the five runs of Ke et al., simulated or below `--data`.

    Raises
    ------
    DataError
        A run has no folder there.
    """
    if setting.data is None:
        n, changes = setting.of(RUN_FRAMES), setting.of(RUN_CHANGES)
        return {
            run: simulated(run, n, SCREENED, seed=k, compressed=False, changes=changes)
            for k, run in enumerate(setting.of(SIMULATED))
        }
    found: dict[str, Data] = {}
    for run in RUNS:
        folder = os.path.join(setting.data, run)
        if not os.path.isdir(folder):
            raise DataError(
                f"{setting.data} has no folder {run}",
                f"lay CXIDB 76 out as {', '.join(RUNS)}, each with its file and annotations",
            )
        found[run] = {"source": folder, "select": {"classes": list(SCREENED)}}
    return found


def screening_note(setting: Setting) -> str:
    """Say what the frames of `screening_runs` are."""
    if setting.data is not None:
        return "Frames and expert labels of CXIDB 76."
    n, changes = setting.of(RUN_FRAMES), setting.of(RUN_CHANGES)
    told = ", ".join(f"{name} {value}" for name, value in changes.items())
    presets = ", ".join(setting.of(SIMULATED)) + (f" with {told}" if told else "")
    return (
        f"{n} simulated frames a run, presets {presets}. Labels are the number of visible "
        "spots (10 are a hit, 4 a maybe), not an expert's."
    )


def written(setting: Setting, preset: str, parts: Mapping[str, int], seed: int = 0) -> Data:
    """Write simulated frames with a split for each, and return the manifest to open.

    A call that was interrupted goes on where it stopped.
    """
    from featcls.simulate.sfx import write_sfx

    n = sum(parts.values())
    folder = setting.work / "frames"
    setting.observer(f"{n} frames of {preset}")
    manifest = write_sfx(folder, n, seed, preset, n_jobs=setting.n_jobs)
    path = Path(manifest).with_name("split.csv")
    lines = Path(manifest).read_text(encoding="utf-8").splitlines()
    first = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    split = [name for name, count in parts.items() for _ in range(count)]
    rows = [f"{row},{name}" for row, name in zip(lines[first + 1 :], split, strict=True)]
    text = "\n".join([*lines[:first], f"{lines[first]},split", *rows]) + "\n"
    atomic.write(path, text.encode())
    return {"source": str(path), "select": {"classes": list(DIFFRANET)}}
