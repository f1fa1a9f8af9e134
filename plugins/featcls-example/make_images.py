"""Images in which only the place of a patch tells the class: near the centre, or far from it.

The patch is the same texture under the same noise, whole and well inside the image, so its
pixels and their neighbours say nothing of the class.

    python make_images.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np

CLASSES = ("far", "near")
SIZE, PATCH = 128, 20
RADII = {"near": (0, 16), "far": (24, 34)}  # pixels from the centre to the middle of the patch


def make_images(n, seed=0):
    """Return images (n, 128, 128) uint8 and the class of each, as many near as far."""
    rng = np.random.default_rng(seed)
    labels = [CLASSES[k % 2] for k in range(n)]
    return np.stack([_image(label, rng) for label in labels]), labels


def _image(label, rng):
    image = rng.poisson(40.0, (SIZE, SIZE))
    low, high = RADII[label]
    radius = np.sqrt(rng.uniform(low**2, high**2))
    angle = rng.uniform(0, 2 * np.pi)
    row, col = (round(SIZE / 2 + radius * f(angle) - PATCH / 2) for f in (np.sin, np.cos))
    checks = (np.indices((PATCH, PATCH)) // 2).sum(axis=0) % 2
    image[row : row + PATCH, col : col + PATCH] += rng.poisson(30.0 + 30.0 * checks)
    return np.clip(image, 0, 255).astype(np.uint8)


def main(folder, n=120):
    """Write n images as one folder a class."""
    from PIL import Image

    for k, (image, label) in enumerate(zip(*make_images(n), strict=True)):
        path = Path(folder) / label / f"{k:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
