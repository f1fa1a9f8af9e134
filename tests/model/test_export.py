"""A model as a scikit-learn Pipeline."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score

from featcls.errors import ModelError
from featcls.model import Model
from featcls.model.calibrator import fit
from featcls.model.whole import Whole
from small_models import CLASSES, make_config, make_fitted, make_frames, make_labels

pytestmark = pytest.mark.filterwarnings("ignore:quantise")
FRAMES = make_frames(9, seed=3)
NAMES = np.array(CLASSES)[make_labels()]
CHAINED = {
    "preprocess": [{"name": "mask", "params": {"edge": 1}}],
    "extractors": [
        {"name": "lbp", "preprocess": [{"name": "quantise", "params": {"levels": 16}}]},
        "intensity",
    ],
}


@pytest.mark.parametrize("name", ["histgb", "knn", "logreg", "rf", "svm", "xgboost"])
def test_its_probabilities_are_the_scores_of_the_model(name):
    if name == "xgboost":
        pytest.importorskip("xgboost")
    model = Model(make_fitted(make_config(name, **CHAINED)), {})
    pipeline = model.pipeline()
    assert_array_equal(pipeline.predict_proba(FRAMES), model.predict_scores(FRAMES))
    assert_array_equal(pipeline.predict(FRAMES), model.predict(FRAMES))
    images = np.stack([frame.image for frame in FRAMES])
    assert_array_equal(pipeline.predict_proba(images), model.predict_scores(FRAMES))
    again = pickle.loads(pickle.dumps(pipeline))  # noqa: S301  # our own
    assert_array_equal(again.predict_proba(FRAMES), model.predict_scores(FRAMES))


@pytest.mark.parametrize("scale", ["standard", "none"])
def test_a_clone_knows_nothing_until_it_is_fitted_and_then_the_same(scale):
    model = Model(make_fitted(make_config("knn", scale=scale, **CHAINED)), {})
    pipeline = clone(model.pipeline())
    assert is_classifier(pipeline)
    with pytest.raises(Exception, match="not fitted"):
        pipeline.predict(FRAMES)
    pipeline.fit(make_frames(), NAMES)
    assert pipeline.classes_.tolist() == sorted(CLASSES)  # scikit-learn's order
    order = [pipeline.classes_.tolist().index(name) for name in CLASSES]
    assert_allclose(
        pipeline.predict_proba(FRAMES)[:, order], model.predict_scores(FRAMES), atol=1e-6
    )


def test_scikit_learn_can_cross_validate_it():
    pipeline = Model(make_fitted(make_config()), {}).pipeline()
    assert cross_val_score(pipeline, make_frames(), NAMES, cv=3).mean() > 0.9


def test_what_extractors_learned_goes_along_and_is_learned_anew_by_a_clone():
    pytest.importorskip("cv2")
    words = {"name": "sift_bovw", "params": {"clusters": 3}}
    model = Model(make_fitted({**make_config("knn"), "extractors": [words]}), {})
    pipeline = model.pipeline()
    assert_array_equal(pipeline.predict_proba(FRAMES), model.predict_scores(FRAMES))
    anew = clone(pipeline).fit(make_frames(), NAMES)
    before, after = (p["features"].extractors_[0].codebook_ for p in (pipeline, anew))
    assert after is not before
    assert after.shape == before.shape


def test_several_labels_and_a_calibration_go_along():
    y = make_labels()
    several = np.stack([y == 0, y != 1, y == 2], axis=1).astype(np.uint8)
    model = Model(make_fitted(make_config(), several), {})
    assert_array_equal(model.pipeline().predict_proba(FRAMES), model.predict_scores(FRAMES))
    assert_array_equal(model.pipeline().predict(FRAMES), model.predict(FRAMES))
    anew = clone(model.pipeline()).fit(make_frames(), several)
    assert anew.score(make_frames(), several) > 0.9
    fitted = make_fitted(make_config())
    bare = Model(fitted, {}).predict_scores(make_frames(24))
    calibrated = Model(Whole((fitted,), calibrator=fit("sigmoid", bare, np.eye(3)[y])), {})
    assert_array_equal(
        calibrated.pipeline().predict_proba(FRAMES), calibrated.predict_scores(FRAMES)
    )


def test_an_ensemble_is_no_pipeline():
    fitted = make_fitted(make_config())
    with pytest.raises(ModelError, match="give a model of one pipeline"):
        Model(Whole((fitted, fitted)), {}).pipeline()
