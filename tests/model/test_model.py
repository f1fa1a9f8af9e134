import json
import resource
import signal
import tracemalloc
import zipfile
from itertools import islice, repeat

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import ModelError, UnreadableFrameError
from featcls.frame import Frame
from featcls.model import Model
from small_models import CLASSES, make_config, make_fitted, make_frames, make_labels

BUILTIN = ("histgb", "knn", "logreg", "rf", "svm", "xgboost")
TEXTURE = {
    "preprocess": [{"name": "mask", "params": {"edge": 1}}],
    "extractors": [
        {
            "name": "glcm",
            "preprocess": [{"name": "quantise", "params": {"method": "percentile", "levels": 16}}],
        },
        "intensity",
    ],
}


def both(tmp_path, fitted, **info):
    model = Model(fitted, info)
    model.save(tmp_path / "m.featcls")
    return model, Model.load(tmp_path / "m.featcls")


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", BUILTIN)
def test_a_reopened_model_gives_the_same_scores_to_the_last_bit(tmp_path, name, several):
    if name == "xgboost":
        pytest.importorskip("xgboost")
    y = make_labels()
    if several:
        y = np.stack([y == 0, y != 1, y == 9], axis=1).astype(np.uint8)
    before, after = both(tmp_path, make_fitted(make_config(name), y))
    frames = make_frames(30, seed=5)
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))


@pytest.mark.parametrize("scale", ["standard", "none"])
def test_what_steps_learned_goes_with_the_model(tmp_path, scale):
    before, after = both(tmp_path, make_fitted(make_config(scale=scale, **TEXTURE)))
    assert after.config == before.config
    assert after.feature_names == before.feature_names
    assert {name.split(".")[0] for name in after.feature_names} == {"glcm", "intensity"}
    frames = make_frames(9, seed=7)
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))


def test_a_fitted_extractor_goes_with_the_model(tmp_path):
    pytest.importorskip("cv2")
    words = {"name": "sift_bovw", "params": {"clusters": 3}}
    before, after = both(tmp_path, make_fitted({**make_config("knn"), "extractors": [words]}))
    codebook = after.fitted.extractors[0].codebook_
    assert_array_equal(codebook, before.fitted.extractors[0].codebook_)
    frames = make_frames(9, seed=7)
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))


def test_one_class_makes_a_model_too(tmp_path):
    _, after = both(tmp_path, make_fitted(make_config(), np.ones(6, int)))
    assert after.predict(make_frames(2)).tolist() == ["weak", "weak"]


def test_labels_are_class_names(tmp_path):
    _, after = both(tmp_path, make_fitted(make_config(), make_labels()))
    assert after.classes == CLASSES
    assert after.predict(make_frames()).tolist() == [CLASSES[k] for k in make_labels()]


def test_bare_images_are_frames(model_file):
    model = Model.load(model_file)
    frames = make_frames(6)
    images = np.stack([frame.image for frame in frames])
    assert_array_equal(model.predict_scores(images), model.predict_scores(frames))


def test_no_frames_give_no_scores(model_file):
    assert Model.load(model_file).predict_scores([]).shape == (0, 3)
    assert list(Model.load(model_file).predict_rows([])) == []


def test_a_row_holds_label_scores_status_and_time(model_file):
    model = Model.load(model_file)
    frames = [*make_frames(3), Frame(np.ones((4, 4)), np.ones((4, 4), bool), "dead")]
    rows = list(model.predict_rows(frames, batch=2))
    keys = ["frame_id", "label", "p_blank", "p_weak", "p_good", "status", "ms"]
    assert [list(row) for row in rows] == [keys] * 4
    assert [row["frame_id"] for row in rows] == ["run/0", "run/1", "run/2", "dead"]
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "masked"]
    assert [row["label"] for row in rows[:3]] == model.predict(frames[:3]).tolist()
    scores = model.predict_scores(frames)
    assert [[row[f"p_{c}"] for c in CLASSES] for row in rows] == scores.tolist()
    assert all(row["ms"] > 0 for row in rows)
    json.dumps(rows)


def test_labels_of_a_frame_are_joined(tmp_path):
    y = make_labels()
    several = np.stack([y == 0, y != 1, y == 2], axis=1).astype(np.uint8)
    _, after = both(tmp_path, make_fitted(make_config(), several))
    rows = after.predict_rows(make_frames(3))
    assert [row["label"] for row in rows] == ["blank;weak", "", "weak;good"]


class Torn:
    """Frames as a data set gives them, of which every third cannot be read."""

    frame_ids = tuple(f"id{i}" for i in range(7))

    def outcomes(self, indices=None, n_threads=0):
        for index, name in enumerate(self.frame_ids):
            if index % 3 == 1:
                yield UnreadableFrameError("torn.tif", index, "it is short")
            else:
                yield make_frames(7)[index].replace(frame_id=name)


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_a_frame_that_cannot_be_read_is_a_row_and_the_rest_goes_on(model_file, batch, caplog):
    rows = list(Model.load(model_file).predict_rows(Torn(), batch=batch))
    assert [row["frame_id"] for row in rows] == list(Torn.frame_ids)
    assert [i for i, row in enumerate(rows) if row["status"] == "unreadable"] == [1, 4]
    assert {rows[1][key] for key in ("label", "p_blank", "p_weak", "p_good", "ms")} == {None}
    assert "it is short" in caplog.text


def test_a_stream_may_hold_errors_among_its_frames(model_file):
    stream = iter([make_frames(1)[0], UnreadableFrameError("a.h5", 5, "gone")])
    rows = list(Model.load(model_file).predict_rows(stream))
    assert [(row["frame_id"], row["status"]) for row in rows] == [
        ("run/0", "ok"),
        ("a.h5#5", "unreadable"),
    ]


def test_rows_are_made_as_they_are_asked_for(model_file):
    asked = []

    def stream():
        for frame in make_frames(10):
            asked.append(frame.frame_id)
            yield frame

    next(Model.load(model_file).predict_rows(stream(), batch=2))
    assert len(asked) == 2


def test_rows_of_an_endless_stream_take_no_more_memory(model_file):
    frame = make_frames(1)[0]
    rows = Model.load(model_file).predict_rows(repeat(frame))
    for _ in islice(rows, 300):  # what is made once, such as caches
        pass
    tracemalloc.start()
    held = []
    for _ in range(2):
        for _ in islice(rows, 500):
            pass
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    rows.close()
    assert held[1] - held[0] < 20 * 500  # bytes: less than one number kept of each frame


def test_equal_models_are_equal_files(tmp_path, model_file):
    Model.load(model_file).save(tmp_path / "again.featcls")
    Model(make_fitted(make_config()), {"name": "test"}).save(tmp_path / "anew.featcls")
    assert (tmp_path / "anew.featcls").read_bytes() == model_file.read_bytes()
    with zipfile.ZipFile(tmp_path / "again.featcls") as a, zipfile.ZipFile(model_file) as b:
        assert a.namelist() == b.namelist()


def test_a_model_saved_again_stays_the_same_model(tmp_path, model_file):
    first = Model.load(model_file)
    first.save(tmp_path / "again.featcls")
    second = Model.load(tmp_path / "again.featcls")
    frames = make_frames(9, seed=3)
    assert_array_equal(second.predict_scores(frames), first.predict_scores(frames))
    assert second.info == first.info == {"name": "test"}


def test_the_manifest_says_what_the_model_is(model_file):
    with zipfile.ZipFile(model_file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(manifest["members"]) == set(archive.namelist()) - {"manifest.json"}
    assert manifest["format"] == 3
    assert manifest["classes"] == list(CLASSES)
    assert manifest["plugins"]["extractor.intensity"]["version"] == 1
    assert {"featcls", "python", "numpy", "scikit-learn"} <= set(manifest["packages"])


def test_a_summary_names_the_chain_and_the_classes(model_file):
    text = Model.load(model_file).summary()
    assert "intensity -> rf" in text
    assert "3 classes: blank, weak, good" in text
    assert "name: test" in text


def test_a_write_that_fails_leaves_the_old_model_and_no_litter(tmp_path):
    path = tmp_path / "model.featcls"
    Model(make_fitted(make_config()), {}).save(path)
    before = path.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(ModelError, match="cannot write"):
            Model(make_fitted(make_config()), {"other": 1}).save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.featcls"]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ModelError, match="cannot write"):
        Model(make_fitted(make_config()), {}).save(tmp_path / "none" / "m.featcls")
    with pytest.raises(ModelError, match="no model file"):
        Model.load(tmp_path / "none.featcls")
    with pytest.raises(ModelError, match="no model file"):
        Model.load(tmp_path)
