"""What holds for every built-in extractor beyond the public contract suite."""

import hashlib
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.frame import Frame
from featcls.plugins import registry
from featcls.testing.frames import ordinary_frames

NAMES = sorted(
    {"glcm", "lbp", "sift_bovw", "intensity", "spots", "ccf"} & {*registry().names("extractor")}
)


def ready(name):
    extractor = registry().get("extractor", name).factory()
    return extractor.fit(ordinary_frames()) if extractor.fitted else extractor


@pytest.mark.parametrize("name", NAMES)
def test_nothing_under_the_mask_reaches_a_feature(name):
    extractor, frame = ready(name), ordinary_frames()[-1]
    wanted = extractor.extract(frame).tobytes()
    for filling in (255, -7.5, 1e30, np.nan, np.inf, -np.inf, -0.0):
        image = np.where(frame.mask, filling, frame.image.astype(np.float64))
        assert extractor.extract(Frame(image, frame.mask)).tobytes() == wanted


@pytest.mark.parametrize("name", NAMES)
def test_an_extractor_survives_pickling_in_memory(name):
    extractor = ready(name)
    again = pickle.loads(pickle.dumps(extractor))  # noqa: S301
    frame = ordinary_frames()[0]
    assert_array_equal(again.extract(frame), extractor.extract(frame))


DIGEST = """
import hashlib
from featcls.plugins import registry
from featcls.testing.frames import ordinary_frames
frames = ordinary_frames()
for name in registry().names("extractor"):
    extractor = registry().get("extractor", name).factory()
    extractor.fit(frames)
    names = repr(extractor.feature_names()).encode()
    print(name, hashlib.sha256(names + extractor.transform(frames).tobytes()).hexdigest())
"""


def test_features_are_the_same_in_another_process():
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "3"}
    environment["FEATCLS_NO_PLUGINS"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
    )
    found = dict(line.split() for line in done.stdout.splitlines())
    assert set(NAMES) <= set(found)
    for name in NAMES:
        extractor = ready(name)
        names = repr(extractor.feature_names()).encode()
        values = extractor.transform(ordinary_frames()).tobytes()
        assert found[name] == hashlib.sha256(names + values).hexdigest()
