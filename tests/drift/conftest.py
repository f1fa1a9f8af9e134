import pytest

from drift_frames import CLASSES, make_stream, measure
from featcls.drift.reference import build


@pytest.fixture(scope="session")
def reference():
    codes, images = make_stream(400, seed=1, hit_rate=0.5)
    return build(codes, *measure(images), len(CLASSES))
