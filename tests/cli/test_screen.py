import json


def test_screening_rates_the_files_that_are_there_and_ends_when_none_come(
    featcls, searched, images, tmp_path
):
    words = ("--hit-class", "dark", "--idle", 0.5, "--settle", 0.1, "--batch", 4)
    policy = ("--waiting", 2, "--policy", "block", "--out", tmp_path / "rows.csv", "--json")
    result = featcls("screen", searched.model, images, *words, *policy)
    assert result.exit_code == 0, result.output
    totals = json.loads(result.stdout.splitlines()[-1])
    assert totals["frames"] == totals["status"]["ok"] == 36  # with room for two, none dropped
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + 36
