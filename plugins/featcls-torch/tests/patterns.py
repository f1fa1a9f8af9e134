"""Small frames for the tests: noise, with spots in some classes."""

import numpy as np

from featcls.frame import Frame


def spotted(n, side=48, seed=0, classes=3):
    """Return n frames and codes: class k has 6 k bright spots somewhere in the noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    images = rng.poisson(20.0, (n, side, side)).astype(np.float32)
    for image, code in zip(images, y, strict=True):
        rows, cols = rng.integers(2, side - 2, (2, 6 * code))
        image[rows, cols] += 200
    return [Frame(image) for image in images], y
