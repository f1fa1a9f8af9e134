import json

import pytest

from featcls.model import Model


def test_fit_saves_a_model_that_evaluates(featcls, config, images, tmp_path):
    out = tmp_path / "fitted.featcls"
    result = featcls("fit", config, images, "--out", out, "--test-size", 0.25)
    assert result.exit_code == 0, result.stderr
    assert "fitted on 27 frames" in result.stdout
    assert not Model.load(out).whole.drift.honest
    measured = json.loads(featcls("evaluate", out, images, "--json").stdout)
    assert measured["n"] == 9
    assert measured["metrics"]["accuracy"] > 0.7


def test_fit_takes_the_config_of_a_run(featcls, searched, images, tmp_path):
    best = json.loads((searched.path / "run.json").read_text(encoding="utf-8"))["best"]
    path = tmp_path / "best.json"
    path.write_text(json.dumps(best["config"]))
    result = featcls("fit", path, images, "--out", tmp_path / "again.featcls", "--json")
    assert json.loads(result.stdout)["config_id"] == best["config_id"]


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("{", "c.json", "is not JSON"),
        ("[1]", "c.json", "holds list"),
        ("a = ", "c.toml", "is not TOML"),
        ('{"classifier": "rff"}', "c.json", "did you mean 'rf'?"),
        ('{"classifier": {"name": "rf", "params": {"n_jobs": 2}}}', "c.json", "n_jobs"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused_with_2(
    featcls, images, tmp_path, text, name, told
):
    (tmp_path / name).write_text(text)
    result = featcls("fit", tmp_path / name, images, "--out", tmp_path / "m.featcls")
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "m.featcls").exists()
