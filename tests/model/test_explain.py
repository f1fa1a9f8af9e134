"""What speaks for a label: where it was planted, and in the feature that tells the classes."""

import numpy as np
import pytest

from featcls.classifiers.base import fit
from featcls.config import canonical, params_from_json
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.model import Model
from featcls.model.explain import deletion, importance, kinds, maps, vectors
from featcls.pipeline import Fitted, branches, feature_names
from featcls.plugins import registry

PATCH = (slice(8, 16), slice(40, 48))


@pytest.fixture(scope="module")
def frames():
    """Noise, every other frame with a bright patch."""
    rng = np.random.default_rng(0)
    images = rng.poisson(20.0, (40, 64, 64)).astype(float)
    images[1::2, *PATCH] += 120
    return [Frame(image) for image in images]


@pytest.fixture(scope="module")
def model(frames):
    plugins = registry()
    given = {"extractors": ["intensity"], "classifier": "rf"}
    config = canonical(given, plugins.space_of)
    extractors = [branch.extractor for branch in branches(config, plugins)]
    fitted = Fitted(config, ("flat", "patch"), extractors, None, None)
    fitted.feature_names = feature_names(config, extractors)
    features = fitted.features(frames, plugins)
    params = params_from_json(config["classifier"]["params"])
    entry = plugins.get("classifier", "rf")
    fitted.estimator = fit(entry, params, features, np.arange(40) % 2, classes=fitted.classes)
    return Model(fitted, {}, plugins)


def test_an_occlusion_map_is_greatest_where_the_label_comes_from(model, frames):
    assert kinds(model) == ("occlusion",)
    (drawn,), (seen,) = maps(model, frames[1:2], "occlusion", [1])
    assert drawn.shape == seen.shape == (64, 64)
    row, col = np.unravel_index(drawn.argmax(), drawn.shape)
    assert PATCH[0].start - 6 <= row < PATCH[0].stop
    assert PATCH[1].start - 6 <= col < PATCH[1].stop
    far = drawn.copy()
    far[2:22, 34:54] = 0
    assert far.max() < drawn.max() / 2


def test_masking_what_an_occlusion_map_shows_lowers_the_score_faster_than_at_random(model, frames):
    (drawn,), _ = maps(model, frames[1:2], "occlusion", [1])
    by_map = deletion(model, frames[1], 1, np.argsort(-drawn.ravel(), kind="stable"))
    order = np.random.default_rng(0).permutation(drawn.size)
    at_random = deletion(model, frames[1], 1, order)
    assert by_map[0] == at_random[0] > 0.8
    assert by_map.mean() < at_random.mean() - 0.2


def test_the_features_that_tell_the_classes_come_first(model, frames):
    found = importance(model, frames)
    assert len(found) == len(model.feature_names)
    values = [value for _, value in found]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.02
    assert dict(found)["intensity.min"] < values[0] / 3


def test_importance_wants_features_and_frames_to_shuffle(model, frames):
    with pytest.raises(UsageError, match="one frame has nothing to shuffle with"):
        importance(model, frames[:1])


def test_a_map_that_the_model_does_not_draw_is_refused(model, frames):
    with pytest.raises(UsageError, match="draws no map 'gradcam'"):
        maps(model, frames[:1], "gradcam", [0])


def test_vectors_are_the_features_that_the_classifier_sees(model, frames):
    assert vectors(model, frames).shape == (40, len(model.feature_names))
