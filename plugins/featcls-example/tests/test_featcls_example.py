"""A class difference that no built-in extractor sees."""

import numpy as np
import pytest

from featcls.extractors.base import as_frames
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.plugins import registry
from featcls_example import RadialProfile
from make_images import make_images


@pytest.fixture(scope="module")
def data():
    images, labels = make_images(120, seed=1)
    return as_frames(images), np.array(labels)


def accuracy(extractor, frames, labels):
    """Return the share of right answers of a forest on the frames that it was not fitted to."""
    from sklearn.ensemble import RandomForestClassifier

    train = np.arange(len(frames)) < 80
    fitted = [frame for frame, chosen in zip(frames, train, strict=True) if chosen]
    features = extractor.fit(fitted).transform(frames)
    forest = RandomForestClassifier(100, random_state=0).fit(features[train], labels[train])
    return forest.score(features[~train], labels[~train])


def test_the_radial_profile_sees_where_the_patch_is(data):
    assert accuracy(RadialProfile(), *data) >= 0.95


@pytest.mark.parametrize("name", ["glcm", "lbp", "intensity", "spots", "sift_bovw"])
def test_no_builtin_extractor_sees_where_the_patch_is(name, data):
    if name not in registry().names("extractor"):
        pytest.skip(f"{name} is not installed")
    assert accuracy(registry().get("extractor", name).factory(), *data) <= 0.75


def test_the_rings_lie_about_the_beam_centre():
    image = np.zeros((9, 9))
    image[0, 0] = 5.0
    frame = Frame(image, geometry=Geometry(beam_center=(0.0, 0.0)))
    profile = RadialProfile(rings=8).extract(frame)
    assert profile[0] > 0
    assert not profile[1:].any()
