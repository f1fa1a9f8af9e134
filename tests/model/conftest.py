import numpy as np
import pytest

from featcls.drift import reference
from featcls.drift.health import health
from featcls.model import Model
from featcls.model.calibrator import fit
from featcls.model.whole import Whole
from featcls.operating_point import OperatingPoint
from featcls.plugins import registry
from small_models import make_config, make_fitted, make_frames, make_labels


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """A model file of a forest over intensity statistics."""
    path = tmp_path_factory.mktemp("model") / "model.featcls"
    Model(make_fitted(make_config()), {"name": "test"}).save(path)
    return path


@pytest.fixture(scope="session")
def complete_file(tmp_path_factory):
    """A model file with a part of every kind: two members, calibration, point, reference."""
    path = tmp_path_factory.mktemp("model") / "complete.featcls"
    models = tuple(make_fitted(make_config(name)) for name in ("rf", "logreg"))
    frames, y = make_frames(), make_labels()
    calibrator = fit("isotonic", Model(Whole(models), {}).predict_scores(frames), np.eye(3)[y])
    point = OperatingPoint(("weak", "good"), 0.01, 0.95, 0.4, 300, 0, 0.00994, 100, 30)
    measured = np.array([health(frame) for frame in frames])
    features = np.hstack([fitted.features(frames, registry()) for fitted in models])
    drift = reference.build(y, measured, features, 3)
    Model(Whole(models, calibrator=calibrator, point=point, drift=drift), {}).save(path)
    return path
