import numpy as np
import pytest

from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.preprocess.scale import Scale


def test_the_learned_factor_gives_the_training_frames_the_mean():
    rng = np.random.default_rng(0)
    mask = rng.random((9, 9)) < 0.3
    frames = [Frame(rng.poisson(5.0, (9, 9)), mask) for _ in range(4)]
    scale = Scale(**Scale("fit", 40.0).fitted_params(frames))
    values = np.concatenate([scale.apply(frame).values for frame in frames])
    assert values.mean() == pytest.approx(40.0)
    assert not scale.needs_fit


def test_one_factor_is_used_for_bright_and_dark_frames():
    assert Scale(3.0).apply(Frame(np.array([[2, 100]], np.uint8))).image.tolist() == [[6.0, 300.0]]


def test_what_cannot_be_learned_or_meant_is_named():
    with pytest.raises(DataError, match="mean of 0"):
        Scale("fit").fitted_params([Frame(np.zeros((2, 2)))])
    with pytest.raises(UsageError, match="still to be learned"):
        Scale("fit").apply(Frame(np.ones((2, 2))))
    with pytest.raises(UsageError, match="factor is inf"):
        Scale(np.inf).apply(Frame(np.ones((2, 2))))
