"""scikit-image's documented examples, run with our functions in place of its own."""

import doctest

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skimage import data, feature

from featcls.kernels import texture


@pytest.mark.parametrize("name", ["graycomatrix", "graycoprops"])
def test_the_docstring_example_prints_the_same_with_our_import(name):
    names = {"np": np, "graycomatrix": texture.graycomatrix, "graycoprops": texture.graycoprops}
    docstring = getattr(feature, name).__doc__
    example = doctest.DocTestParser().get_doctest(docstring, names, name, None, None)
    assert len(example.examples) >= 3
    failures, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example)
    assert failures == 0


def test_the_gallery_example_of_texture_properties_gives_the_same_points():
    image = data.camera()
    patches = [image[r : r + 21, c : c + 21] for r, c in ((280, 454), (342, 223), (48, 73))]
    for patch in patches:
        points = []
        for module in (texture, feature):
            glcm = module.graycomatrix(
                patch, distances=[5], angles=[0], levels=256, symmetric=True, normed=True
            )
            points.append(
                [module.graycoprops(glcm, p)[0, 0] for p in ("dissimilarity", "correlation")]
            )
        np.testing.assert_allclose(*points, rtol=1e-12)


def test_the_gallery_example_of_texture_classification_gives_the_same_patterns():
    radius = 3
    image = data.brick()[:128, :128]
    ours, theirs = (
        module.local_binary_pattern(image, 8 * radius, radius, "uniform")
        for module in (texture, feature)
    )
    assert_array_equal(ours, theirs)
