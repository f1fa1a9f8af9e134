"""Small frames of a detector, as they are and changed."""

import numpy as np

from featcls.drift.health import health
from featcls.frame import Frame

CLASSES = ("blank", "hit")
MASK = np.zeros((48, 48), bool)
MASK[:, 24:26] = True


def make_image(rng, hit=False):
    """Counts of a lit frame: light that falls off from the middle, noise, maybe spots."""
    row, col = np.indices((48, 48)) - 23.5
    light = rng.uniform(0.7, 1.4) * 400 * np.exp(-(row**2 + col**2) / 800) + 20
    image = rng.poisson(light)
    if hit:
        image[rng.integers(0, 48, 6), rng.integers(0, 48, 6)] += 2000
    return image


def measure(images, mask=MASK):
    """Return health and two features of frames."""
    frames = [Frame(image, mask) for image in images]
    features = [[frame.values.mean(), frame.values.max()] for frame in frames]
    return np.array([health(frame) for frame in frames]), np.array(features)


def make_stream(n, seed, hit_rate=0.3):
    """Return classes and images of frames."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(n) < hit_rate).astype(int)
    return codes, [make_image(rng, hit) for hit in codes]
