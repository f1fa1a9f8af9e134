import json
import os


def test_screening_rates_the_files_that_are_there_and_ends_when_none_come(
    featcls, searched, images, tmp_path
):
    words = ("--hit-class", "dark", "--idle", 0.5, "--settle", 0.1, "--batch", 4)
    policy = ("--waiting", 2, "--waiting-memory", 0.1, "--policy", "block")
    out = ("--out", tmp_path / "rows.csv", "--json")
    result = featcls("screen", searched.model, images, *words, *policy, *out)
    assert result.exit_code == 0, result.output
    totals = json.loads(result.stdout.splitlines()[-1])
    assert totals["frames"] == totals["status"]["ok"] == 36  # with room for two, none dropped
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + 36


def test_screening_does_not_begin_where_rows_cannot_be_cut_off(
    featcls, searched, images, tmp_path
):
    os.mkfifo(tmp_path / "rows.jsonl")
    words = ("--hit-class", "dark", "--out", tmp_path / "rows.jsonl")
    result = featcls("screen", searched.model, images, *words)
    assert result.exit_code == 1
    assert "it is no plain file" in result.stderr


def test_a_file_that_cannot_be_read_yet_is_told_once(featcls, searched, tmp_path):
    (tmp_path / "text.h5").write_text("hello\n")
    words = ("--hit-class", "dark", "--idle", 0.7)
    result = featcls("screen", searched.model, tmp_path / "text.h5", *words)
    assert result.exit_code == 0
    assert result.stderr.count("it is looked at again until it can be read") == 1
