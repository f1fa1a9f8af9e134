import json

import pytest


@pytest.mark.parametrize("kind", ["sfx", "spi"])
def test_a_series_has_a_manifest_that_opens(featcls, tmp_path, kind):
    from featcls.dataset import open_dataset

    out = tmp_path / "frames"
    result = featcls("simulate", kind, out, "--n", 3, "--seed", 5, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert len(open_dataset(document["manifest"])) == document["frames"] == 3


def test_an_unknown_preset_is_refused_and_nothing_is_written(featcls, tmp_path):
    out = tmp_path / "frames"
    result = featcls("simulate", "sfx", out, "--preset", "diffranet-figur")
    assert result.exit_code == 2
    assert "did you mean" in result.stderr
    assert not out.exists()
