"""Ensembles, calibrations and operating points in a model file."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.errors import ModelError
from featcls.frame import Frame
from featcls.model import Model
from featcls.model.calibrator import fit
from featcls.model.vote import VOTES, combine
from featcls.model.whole import Whole
from featcls.operating_point import OperatingPoint
from small_models import (
    CLASSES,
    contents,
    forge,
    make_config,
    make_fitted,
    make_frames,
    make_labels,
)

POINT = OperatingPoint(("weak", "good"), 0.01, 0.95, 0.4, 300, 0, 0.00994, 100, 30)


def make_whole(*names, **more):
    config = [make_config(name) for name in names or ("rf", "knn", "logreg")]
    return Whole(tuple(make_fitted(c) for c in config), **more)


def reopened(tmp_path, whole, **info):
    model = Model(whole, info)
    model.save(tmp_path / "m.featcls")
    return model, Model.load(tmp_path / "m.featcls")


@pytest.mark.parametrize("vote", VOTES)
def test_an_ensemble_votes_the_same_after_it_was_saved(tmp_path, vote):
    hits = ("good",) if vote == "intersection" else ()
    before, after = reopened(tmp_path, make_whole(vote=vote, hit_classes=hits))
    frames = make_frames(30, seed=5)
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))
    parts = [Model(fitted, {}).predict_scores(frames) for fitted in before.whole.models]
    assert_array_equal(after.predict_scores(frames), combine(parts, vote, [2]))
    assert after.classes == CLASSES
    assert f"ensemble of 3, vote {vote}" in after.summary()


def test_what_wants_one_pipeline_is_told_that_there_are_more(tmp_path):
    _, after = reopened(tmp_path, make_whole())
    with pytest.raises(ModelError, match="ensemble of 3 pipelines"):
        _ = after.feature_names


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("names", [("rf",), ("rf", "knn")])
def test_calibrated_scores_are_the_same_after_saving(tmp_path, method, names):
    whole = make_whole(*names)
    frames, truth = make_frames(60, seed=3), np.eye(3)[np.arange(60) % 3]
    bare = Model(whole, {}).predict_scores(frames)
    calibrator = fit(method, bare, truth)
    before, after = reopened(tmp_path, Whole(whole.models, calibrator=calibrator))
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))
    assert_array_equal(after.predict_scores(frames), calibrator(bare))
    assert f"calibrated: {method}" in after.summary()


def test_hits_are_the_frames_above_the_operating_point(tmp_path):
    _, after = reopened(tmp_path, make_whole("rf", point=POINT))
    assert after.whole.point == POINT
    frames = [*make_frames(12, seed=3), Frame(np.zeros((16, 16)))]
    rows = list(after.predict_rows(frames))
    assert list(rows[0])[:4] == ["frame_id", "label", "hit", "p_blank"]
    hits = [row["hit"] for row in rows]
    assert hits == [row["p_weak"] + row["p_good"] >= 0.4 for row in rows]
    assert set(hits) == {True, False}
    assert "at most 0.99% lost with confidence 95%" in after.summary()
    with pytest.raises(ModelError, match="no operating point"):
        Model(make_fitted(make_config()), {}).are_hits(np.ones((1, 3)))


def test_an_operating_point_of_another_fit_is_refused(tmp_path):
    reopened(tmp_path, make_whole("rf", point=POINT))
    first = contents(tmp_path / "m.featcls")
    Model(make_fitted(make_config(), np.roll(make_labels(), 1)), {}).save(tmp_path / "new.featcls")

    def with_old_point(manifest, members):
        import json

        manifest["operating_point"] = json.loads(first["manifest.json"])["operating_point"]

    forged = forge(tmp_path / "new.featcls", tmp_path / "forged.featcls", with_old_point)
    with pytest.raises(ModelError, match="operating point was set for another fit"):
        Model.load(forged)


def test_the_fingerprint_is_of_what_decides_scores(tmp_path):
    before, after = reopened(tmp_path, make_whole("rf", "knn"), name="x")
    assert before.fingerprint == after.fingerprint
    assert Model(before.whole, {"name": "y"}).fingerprint == after.fingerprint
    others = [
        Model(Whole(before.whole.models, vote="majority"), {}),
        Model(Whole(before.whole.models[::-1]), {}),
        Model(before.whole.models[0], {}),
    ]
    assert len({model.fingerprint for model in [after, *others]}) == 4


def changed(**values):
    return lambda manifest, members: manifest.update(values)


def without_a_member(manifest, members):
    manifest["models"] = manifest["models"][:1]


def with_other_classes(manifest, members):
    manifest["models"][1]["classes"] = ["a", "b", "c"]


def with_a_forged_tree(manifest, members):
    name = "models/0/classifier/0/node_left_child.npy"
    members[name] = members[name][:-4] + b"\1\0\0\0"


FORGED = {
    "one member": (without_a_member, "ensemble of 1"),
    "no members": (changed(models=[]), "ensemble of 0"),
    "members of other classes": (with_other_classes, "different classes"),
    "a forged tree in a member": (with_a_forged_tree, "not tree-shaped"),
    "another vote": (changed(vote="loud"), "its vote is 'loud'"),
    "a vote without its hits": (changed(vote="intersection"), "its vote is"),
    "hits without the vote": (changed(hit_classes=["good"]), "its vote is"),
    "a calibration that is not there": (changed(calibration="sigmoid"), "members are"),
    "a calibration nobody asks for": (
        lambda manifest, members: members.update({"calibration/slope.npy": b""}),
        "a calibration, which nothing asks for",
    ),
    "a part of no member": (
        lambda manifest, members: members.update({"models/2/x.npy": b""}),
        "models/2/x.npy, which nothing asks for",
    ),
    "a point without a fingerprint": (changed(operating_point=POINT.document()), "KeyError"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_ensemble_is_refused(tmp_path, name):
    Model(make_whole("rf", "knn"), {}).save(tmp_path / "m.featcls")
    change, message = FORGED[name]
    forged = forge(tmp_path / "m.featcls", tmp_path / "forged.featcls", change)
    with pytest.raises(ModelError, match=message):
        Model.load(forged)


def test_a_file_of_the_first_format_still_opens(tmp_path, model_file):
    old = forge(model_file, tmp_path / "old.featcls", changed(format=1))
    frames = make_frames(6)
    assert_allclose(
        Model.load(old).predict_scores(frames), Model.load(model_file).predict_scores(frames)
    )
