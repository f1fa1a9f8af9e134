"""Frames as a detector writes them, and what a screening says of them."""

import os

import numpy as np

from small_models import CLASSES

HITS = ("weak", "good")
WANTED = [CLASSES[i % 3] for i in range(12)]


def save(path, image):
    """Write a frame as a detector's writer does: under another name, then in its place."""
    with open(path.with_name(f".{path.name}"), "wb") as file:
        np.save(file, image)
    os.replace(path.with_name(f".{path.name}"), path)


def labels(rows):
    return [row["label"] for row in sorted(rows, key=lambda row: row["frame_id"])]
