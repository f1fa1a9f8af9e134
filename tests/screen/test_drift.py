"""A model that keeps what frames were like, beside a detector that changes."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from featcls.cli.root import root
from featcls.drift.health import health
from featcls.drift.monitor import Monitor
from featcls.drift.reference import LAYOUT, build
from featcls.errors import ModelError
from featcls.frame import Frame
from featcls.model import Model
from featcls.model.whole import Whole
from featcls.screen.hits import hits_of
from featcls.screen.scoring import Scoring
from live_frames import HITS
from small_models import contents, forge, make_config, make_fitted, make_frames


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Path of a model with a reference."""
    fitted = make_fitted(make_config("logreg"))
    frames = make_frames(120, seed=2)
    scores, features = Model(fitted, {}).scores_and_features(frames)
    measured = np.array([health(frame) for frame in frames])
    reference = build(scores.argmax(axis=1), measured, features, 3)
    path = tmp_path_factory.mktemp("model") / "watched.featcls"
    Model(Whole((fitted,), drift=reference), {}).save(path)
    return path


@pytest.fixture
def totals_of(watched, tmp_path):
    """Return a screening of grown frames by its words: the totals of its last line."""
    path = tmp_path / "run.h5"
    images = [np.pad(frame.image, 2, mode="reflect") for frame in make_frames(60, seed=3)]
    with h5py.File(path, "w") as file:
        file["data"] = images

    def run(*words):
        words = ("--hit-class", "weak", "--hit-class", "good", "--idle", "0.5", *words)
        command = ["screen", str(watched), str(path), "--json", "--out", str(tmp_path / "rows")]
        result = CliRunner().invoke(root, [*command, *words])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    return run


def test_a_changed_detector_raises_an_alarm_unless_told_not_to(totals_of):
    totals = totals_of("--arl", "1e5")
    assert totals["frames"] == 60
    assert [alarm["name"] for alarm in totals["alarms"]] == ["detector changed"]
    assert "rows up (16 -> 20)" in totals["alarms"][0]["message"]
    assert totals_of("--no-drift")["alarms"] == []


def test_frames_like_those_of_the_model_raise_none(watched):
    model, alarms = Model.load(watched), []
    hits = hits_of(model.classes, None, HITS)
    assert hits.misses == [0]
    names = model.whole.feature_names
    monitor = Monitor(model.whole.drift, model.classes, names, hits.misses, tell=alarms.append)
    Scoring(model, hits, monitor).rows(make_frames(300, seed=4), [0.0] * 300)
    assert monitor.frames == 300
    assert alarms == []


def test_a_frame_that_cannot_be_scored_is_watched(watched):
    model = Model.load(watched)
    monitor = Monitor(model.whole.drift, model.classes, model.whole.feature_names, [0])
    scoring = Scoring(model, hits_of(model.classes, None, HITS), monitor)
    scoring.failed(Frame(np.zeros((16, 16))))
    assert monitor.frames == 1


def test_the_reference_comes_back_and_has_no_part_in_the_scores(watched):
    model = Model.load(watched)
    assert model.whole.drift.counts.tolist() == [40, 40, 40, 120]
    assert "drift: compared with 120 frames" in model.summary()
    without = Model(replace(model.whole, drift=None), {})
    assert model.fingerprint == without.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest, members: manifest.pop("drift"),
        lambda manifest, members: manifest["drift"].pop("version"),
        lambda manifest, members: members.pop("drift/means.npy"),
        lambda manifest, members: members.update({"drift/more.npy": b""}),
        lambda manifest, members: members.update({"drift/means.npy": members["drift/curve.npy"]}),
    ],
)
def test_a_forged_reference_is_refused(watched, tmp_path, change):
    assert {f"drift/{name}.npy" for name in LAYOUT} < set(contents(watched))
    with pytest.raises(ModelError):
        Model.load(forge(watched, tmp_path / "forged.featcls", change))
