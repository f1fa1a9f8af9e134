"""Documents on disk and the page that is made of them."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from featcls.errors import RunError
from featcls.studies import NAMES, Setting, Study, ablation
from featcls.studies.document import KEPT, run_study, stored, write
from featcls.studies.page import page
from featcls.studies.tables import beside, paper, share, table

ROOT = Path(__file__).parents[2]


def document(name, scale="small"):
    rows = [["x | y", share([(9, 10)]), paper(0.8, "table 1", 10)]]
    return {
        "study": name,
        "title": f"Title of {name}",
        "source": "A paper",
        "scale": scale,
        "command": f"featcls study {name}",
        "seconds": 1.5,
        "started_utc": "2026-01-02T03:04:05Z",
        "environment": {"n_jobs": 1, "cores": 2, "load": 0.5, "featcls": "0"},
        "tables": [table("T", ["what", "featcls", "paper"], rows, ["A note."])],
    }


def test_the_page_is_that_of_the_stored_results():
    assert (ROOT / "docs/studies.md").read_text() == page(ROOT / KEPT), (
        "write it again: featcls study --page docs/studies.md"
    )


def test_stored_documents_come_in_the_order_of_the_studies(tmp_path):
    for name, scale in (("cost", "small"), ("ice", "full"), ("ice", "small")):
        write(document(name, scale), tmp_path)
    (tmp_path / "other.json").write_text(json.dumps({"study": "peer-way"}))
    found = [(d["study"], d["scale"]) for d in stored(tmp_path)]
    assert found == [("ice", "small"), ("ice", "full"), ("cost", "small")]


def test_the_page_holds_every_study_and_the_figures_of_those_stored(tmp_path):
    write(document("ice"), tmp_path)
    text = page(tmp_path)
    assert all(f"| `{name}` |" in text for name in NAMES)
    assert "| x \\| y | 90 % [59.6, 98.2] (n = 10) | 80 % [49.0, 94.3] (table 1, n = 10) |" in text
    assert text.count("not yet") == len(NAMES) - 1


def test_a_result_that_is_no_json_is_named(tmp_path):
    (tmp_path / "ice-small.json").write_text("{")
    with pytest.raises(RunError, match=r"ice-small\.json is not JSON"):
        stored(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        write(document("ice"), tmp_path / "file")


def test_the_seconds_of_a_study_count_the_calls_that_were_cut_short(tmp_path):
    def run(setting):
        time.sleep(0.2)
        if not (setting.work / "seconds.txt").exists():
            raise KeyboardInterrupt
        return []

    study = Study("ice", "Title", "A paper", "nothing", {}, run)
    setting = Setting("toy", tmp_path / "work")
    with pytest.raises(KeyboardInterrupt):
        run_study(study, setting)
    assert run_study(study, setting)["seconds"] >= 0.4


def test_the_page_tells_where_featcls_stands_and_what_weighs_most(tmp_path):
    y = np.arange(40) % 2
    right, half = np.eye(2)[y], np.eye(2)[np.zeros(40, int)]
    rows = [
        ablation.compared("shape", [(right, y)], [(half, y)], ("a", "b")),
        ablation.compared("colour", [(right, y)], [(right, y)], ("a", "b")),
    ]
    own = document("ice")
    figures = [["x", *beside(share([(90, 100)]), paper(0.5, "table 1", 100))] for _ in range(2)]
    own["tables"] = [
        table("T", ["what", "featcls", "paper", "featcls is"], figures),
        ablation.rests(rows),
    ]
    write(own, tmp_path)
    assert "| `ice` | 2 | 0 | 0 | shape +50.0 |" in page(tmp_path)
