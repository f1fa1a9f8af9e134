"""DeepFreak normalises by what the training frames are, not by the last few batches."""

import numpy as np
import torch
from featcls_torch.computing import inputs_of, ready
from featcls_torch.estimator import Network
from featcls_torch.order import set_apart
from patterns import spotted

SMALL = {"filters": 4, "epochs": 2, "lr": 0.003}


def first_layer(fitted, X):
    """Return the first batch normalisation, and the maps that it is given of frames."""
    network = ready(fitted)
    first, layer = network.stages[0], network.stages[1]
    return layer, torch.cat([first(x) for x in inputs_of(fitted, X, 1, 1)])


def test_the_first_layer_holds_mean_and_variance_of_all_training_frames():
    X, y = spotted(20)
    fitted = Network("deepfreak", batch_size=2, **SMALL).fit(X, y)
    layer, maps = first_layer(fitted, X)
    torch.testing.assert_close(layer.running_mean, maps.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(layer.running_var, maps.var((0, 2, 3)), rtol=1e-4, atol=1e-5)


def test_frames_apart_from_training_do_not_count():
    X, y = spotted(24)
    fitted = Network("deepfreak", holdout=0.5, **SMALL).fit(X, y)
    layer, maps = first_layer(fitted, X)
    learned, _ = set_apart(y, 0.5, fitted.random_state)
    assert len(learned) == 12
    mean = maps[learned].mean((0, 2, 3))
    torch.testing.assert_close(layer.running_mean, mean, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(mean, maps.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)


def test_training_in_parts_measures_the_same(tmp_path):
    X, y = spotted(12)
    whole = Network("deepfreak", **SMALL).fit(X, y)
    for budget in (1, 2):
        part = Network("deepfreak", **SMALL).fit_more(X, y, budget, tmp_path / "state")
    np.testing.assert_array_equal(part.predict_proba(X), whole.predict_proba(X))


def test_one_training_frame_has_no_spread_to_measure():
    X, _ = spotted(1)
    fitted = Network("deepfreak", **SMALL).fit(X, np.array([[1, 0]]))
    assert np.isfinite(fitted.predict_proba(X)).all()
