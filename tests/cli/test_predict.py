import csv
import io
import json
import resource
import sys

import pytest


def test_a_row_a_frame_in_order_as_csv(featcls, searched, images):
    result = featcls("predict", searched.model, images)
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["frame_id"] for row in rows][:2] == ["bright/00.png", "bright/01.png"]
    assert len(rows) == 36
    assert list(rows[0]) == [
        "frame_id", "label", "p_bright", "p_dark", "p_stripes", "status", "ms"
    ]  # fmt: skip
    right = sum(row["label"] == row["frame_id"].partition("/")[0] for row in rows)
    assert right > 30
    assert {row["status"] for row in rows} == {"ok"}


def test_the_format_follows_the_name_of_out_and_the_file_appears_whole(
    featcls, searched, images, tmp_path
):
    out = tmp_path / "rows.jsonl"
    result = featcls("predict", searched.model, images, "--out", out)
    assert result.stdout == ""
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 36
    assert abs(sum(rows[0][f"p_{name}"] for name in ("bright", "dark", "stripes")) - 1) < 1e-6
    assert [path.name for path in tmp_path.glob("*rows*")] == ["rows.jsonl"]


def test_json_ends_with_a_line_that_sums_up(featcls, searched, images):
    lines = featcls("predict", searched.model, images, "--json").stdout.splitlines()
    assert len(lines) == 37
    assert json.loads(lines[-1]) == {
        "schema_version": 1, "frames": 36, "status": {"ok": 36}, "out": None
    }  # fmt: skip


def test_a_bad_frame_is_a_row_with_its_status_and_the_code_is_3(featcls, searched, damaged):
    result = featcls("predict", searched.model, damaged)
    assert result.exit_code == 3
    rows = {row["frame_id"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert len(rows) == 36
    assert rows["dark/03.png"]["status"] == "unreadable"
    assert rows["dark/03.png"]["label"] == ""
    assert rows["dark/04.png"]["status"] == "ok"
    assert "1 frame could not be read: dark/03.png" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["no.featcls", "DATA"], 1, "no.featcls"),
        (["MODEL", "no/such"], 1, "no/such"),
        (["MODEL", "DATA", "--out", "rows.xlsx"], 2, "--format"),
        (["MODEL", "DATA", "--out", "no/such/rows.csv"], 1, "cannot write no/such/rows.csv"),
        (["DATA/dark/00.png", "DATA"], 1, "not a whole model file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(featcls, searched, images, words, code, told):
    filled = [w.replace("MODEL", str(searched.model)).replace("DATA", str(images)) for w in words]
    result = featcls("predict", *filled)
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_write_that_fails_midway_leaves_nothing(process, searched, images, tmp_path):
    limit = (800, 800)
    result = process(
        "predict", searched.model, images, "--out", tmp_path / "rows.csv",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert result.returncode == 1
    assert "cannot write" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.glob("*rows*")) == []


def test_a_reader_that_goes_away_leaves_no_traceback(searched, images):
    import subprocess

    line = f"{sys.executable} -m featcls.cli predict '{searched.model}' '{images}' | head -n 1"
    run = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("frame_id,label")
    assert run.stderr == ""
