import csv
import io
import json
import os
import resource
import shutil
import stat
import sys

import numpy
import pytest

from featcls.cli.predict import rows_id
from featcls.model import Model
from small_models import CLASSES, make_config, make_fitted, make_frames


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


def test_a_write_that_fails_midway_leaves_no_table_but_rows_to_go_on_with(
    process, searched, images, tmp_path, monkeypatch
):
    for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):  # its file is limited too
        monkeypatch.delenv(name, raising=False)
    limit = (800, 800)
    result = process(
        "predict", searched.model, images, "--out", tmp_path / "rows.csv",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert result.returncode == 1
    assert "cannot write" in result.stderr
    assert "Traceback" not in result.stderr
    assert "--resume" in result.stderr
    assert list(tmp_path.glob("rows*")) == []
    assert len(list(tmp_path.glob(".rows.csv.*.part"))) == 1


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "hits.lst"])
def test_rows_never_take_the_place_of_a_pipe(featcls, searched, images, tmp_path, name):
    pytest.importorskip("pyarrow" if name == "rows.parquet" else "csv")
    os.mkfifo(tmp_path / name)
    words = ("--out", tmp_path / name, "--hit-class", "dark")
    result = featcls("predict", searched.model, images, *words)
    assert result.exit_code == 1
    assert "it is no plain file" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if not path.is_dir()] == [name]
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)


def test_a_reader_that_goes_away_leaves_no_traceback(searched, images):
    import subprocess

    line = f"{sys.executable} -m featcls.cli predict '{searched.model}' '{images}' | head -n 1"
    run = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("frame_id,label")
    assert run.stderr == ""


def test_parquet_holds_the_same_rows(featcls, searched, images, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'featcls[parquet]'")
    featcls("predict", searched.model, images, "--out", tmp_path / "rows.csv")
    result = featcls("predict", searched.model, images, "--out", tmp_path / "rows.parquet")
    assert result.exit_code == 0, result.stderr
    stored = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    with (tmp_path / "rows.csv").open() as stream:
        written = list(csv.DictReader(stream))
    assert [row["frame_id"] for row in stored] == [row["frame_id"] for row in written]
    assert [row["p_dark"] for row in stored] == [float(row["p_dark"]) for row in written]


def test_hits_are_listed_for_crystfel(featcls, searched, images, tmp_path):
    import h5py
    from PIL import Image

    with h5py.File(tmp_path / "stack.h5", "w") as file:
        names = sorted(images.glob("*/*.png"))
        file["data"] = [numpy.asarray(Image.open(name)) for name in names]
    told = {
        name: featcls("predict", searched.model, data, "--hit-class", "bright", *form)
        for name, data, form in (
            ("rows", images, ()),
            ("list", images, ("--format", "lst")),
            ("stack", tmp_path / "stack.h5", ("--format", "lst")),
        )
    }
    rows = list(csv.DictReader(io.StringIO(told["rows"].stdout)))
    hits = [k for k, row in enumerate(rows) if row["label"] == "bright"]
    assert [row["hit"] == "True" for row in rows] == [row["label"] == "bright" for row in rows]
    assert told["list"].stdout.split() == [str(images / rows[k]["frame_id"]) for k in hits]
    stack = [line.rpartition("stack.h5 //") for line in told["stack"].stdout.splitlines()]
    assert [int(number) for _, _, number in stack] == hits


def test_an_interrupted_call_goes_on_where_it_stopped(featcls, searched, images, tmp_path):
    out = tmp_path / "rows.csv"
    featcls("predict", searched.model, images, "--out", out)
    whole = out.read_text(encoding="utf-8")
    out.unlink()
    same = rows_id(Model.load(searched.model), "csv", ())
    partial = tmp_path / f".rows.csv.{same[:8]}.part"
    partial.write_text(whole[: len(whole) // 2], encoding="utf-8")  # killed within a row
    kept = len(whole[: len(whole) // 2].splitlines()) - 2
    result = featcls("predict", searched.model, images, "--out", out, "--resume", "--json")
    assert result.exit_code == 2  # --json writes other rows than the file holds
    result = featcls("predict", searched.model, images, "--out", out, "--resume")
    assert result.exit_code == 0, result.stderr
    again = out.read_text(encoding="utf-8").splitlines()
    assert again[: kept + 1] == whole.splitlines()[: kept + 1]
    timeless = [line.rpartition(",")[0] for line in again]
    assert timeless == [line.rpartition(",")[0] for line in whole.splitlines()]
    assert not partial.exists()
    partial.write_text(whole.replace("bright/00", "bright/99"), encoding="utf-8")
    result = featcls("predict", searched.model, images, "--out", out, "--resume")
    assert result.exit_code == 1
    assert "are of other frames" in result.stderr


def test_rows_of_other_hits_or_another_form_are_not_gone_on_with(
    featcls, process, searched, images, tmp_path
):
    limit = (800, 800)
    out = tmp_path / "rows.txt"
    words = ("predict", searched.model, images, "--out", out)
    result = process(
        *words, "--format", "csv", "--hit-class", "dark",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert result.returncode == 1
    result = featcls(*words, "--format", "csv", "--hit-class", "bright", "--resume")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert len(rows) == 36
    assert all((row["hit"] == "True") == (row["label"] == "bright") for row in rows)
    result = featcls(*words, "--format", "jsonl", "--hit-class", "dark", "--resume")
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["hit"] for line in lines] == [line["label"] == "dark" for line in lines]


def test_hits_are_linked_copied_or_written_into_a_file(featcls, searched, images, tmp_path):
    words = ("predict", searched.model, images, "--hit-class", "dark", "--save-hits")
    rows = list(csv.DictReader(io.StringIO(featcls(*words, tmp_path / "hits").stdout)))
    hits = {row["frame_id"] for row in rows if row["hit"] == "True"}
    linked = {str(p.relative_to(tmp_path / "hits")) for p in (tmp_path / "hits").glob("*/*.png")}
    assert linked == hits
    assert all(path.is_symlink() for path in (tmp_path / "hits").glob("*/*.png"))
    featcls(*words, tmp_path / "copies", "--copy")
    copied = list((tmp_path / "copies").glob("*/*.png"))
    assert len(copied) == len(hits)
    assert not any(path.is_symlink() for path in copied)
    result = featcls(*words, tmp_path / "hits.cxi")
    assert result.exit_code == 0, result.stderr
    again = featcls("predict", searched.model, tmp_path / "hits.cxi")
    assert len(list(csv.DictReader(io.StringIO(again.stdout)))) == len(hits)
    assert {row["label"] for row in csv.DictReader(io.StringIO(again.stdout))} == {"dark"}
    result = featcls(*words[:2], tmp_path / "hits.cxi", *words[3:], tmp_path / "more")
    assert result.exit_code == 2
    assert "--save-hits hits.cxi" in result.stderr


def test_hits_never_replace_the_frames_themselves(featcls, searched, images, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(images, data)
    before = {path: path.read_bytes() for path in data.glob("*/*.png")}
    words = ("--hit-class", "dark", "--save-hits")
    result = featcls("predict", searched.model, data, *words, data)
    assert result.exit_code == 2
    assert "another folder" in result.stderr
    (tmp_path / "lists").mkdir()
    listed = tmp_path / "lists" / "manifest.csv"
    names = [f"../data/{path.relative_to(data)}" for path in sorted(before)]
    listed.write_text("path\n" + "\n".join(names) + "\n", encoding="utf-8")
    result = featcls("predict", searched.model, listed, *words, tmp_path / "hits")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    linked = list((tmp_path / "hits").rglob("*.png"))
    assert len(linked) == sum(row["hit"] == "True" for row in rows) > 0
    assert {path.resolve() for path in linked} <= before.keys()
    assert {path: path.read_bytes() for path in data.glob("*/*.png")} == before


def test_a_frame_that_the_model_is_not_sure_of_has_no_label(featcls, tmp_path):
    Model(make_fitted(make_config("logreg")), {}).save(tmp_path / "model.featcls")
    for k, frame in enumerate(make_frames(24, seed=3)):
        numpy.save(tmp_path / f"{k:02d}.npy", frame.image)
    plain, careful = (
        list(csv.DictReader(io.StringIO(featcls("predict", *words, *more).stdout)))
        for words in [(tmp_path / "model.featcls", tmp_path)]
        for more in ((), ("--abstain", "0.97"))
    )
    assert {row["status"] for row in careful} == {"ok", "abstained"}
    for row, same in zip(careful, plain, strict=True):
        sure = max(float(row[f"p_{name}"]) for name in CLASSES) >= 0.97
        assert row["status"] == ("ok" if sure else "abstained")
        assert row["label"] == (same["label"] if sure else "")


def test_who_is_a_hit_must_be_known(featcls, searched, images, tmp_path):
    result = featcls("predict", searched.model, images, "--out", tmp_path / "hits.lst")
    assert result.exit_code == 2
    assert "--hit-class" in result.stderr


def test_the_name_of_a_file_stays_as_it_is_where_it_is_no_utf_8(
    featcls, process, searched, images, tmp_path
):
    name = b"a\xff.png"
    (tmp_path / "odd").mkdir()
    try:
        shutil.copy(images / "dark" / "00.png", os.fsencode(tmp_path / "odd") + b"/" + name)
    except OSError:
        pytest.skip("names are UTF-8 on this file system")
    words = ("predict", searched.model, tmp_path / "odd")
    printed = process(*words, text=False, env={"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"})
    assert printed.stdout.splitlines()[1].startswith(name)
    assert featcls(*words, "--out", tmp_path / "rows.csv").exit_code == 0
    assert (tmp_path / "rows.csv").read_bytes().splitlines()[1].startswith(name)
    refused = featcls("manifest", tmp_path / "odd", "--spots", "--out", tmp_path / "m.csv")
    assert "a manifest is UTF-8" in refused.stderr
