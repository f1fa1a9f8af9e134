"""Rings about the beam centre, sampled from an image."""

from functools import cache

import numpy as np

from benchmarks import images
from featcls.kernels.polar import masked_plan, polar_map, polar_plan, ring_radii

GRIDS = {224: (112, 360), 512: (256, 512), 720: (360, 720)}


class Rings:
    param_names = ("size", "dtype", "masked", "threads")
    params = (tuple(GRIDS), ("float32", "uint16"), (False, True), (1, 2))

    def setup(self, size, dtype, masked, threads):
        self.image = images.counts(size).astype(dtype)
        self.plan = plan(size)
        if masked:
            self.plan = masked_plan(self.plan, images.bad_pixels(size))

    def time_map(self, size, dtype, masked, threads):
        polar_map(self.image, self.plan, n_threads=threads)


class RingsOpenCV(Rings):
    params = (*Rings.params[:2], (False,), (1,))

    def setup(self, size, dtype, masked, threads):
        super().setup(size, dtype, masked, threads)
        self.points = points(size)

    def time_map(self, size, dtype, masked, threads):
        import cv2

        cv2.remap(self.image, *self.points, cv2.INTER_LINEAR)


@cache
def plan(size):
    n_rings, n_angles = GRIDS[size]
    middle = size / 2 - 0.5
    radii = ring_radii(n_rings, size / 2 - 1.5)
    return polar_plan((size, size), (middle, middle), radii, n_angles)


def points(size):
    """Columns and rows of the same points, as cv2.remap takes them."""
    n_rings, n_angles = GRIDS[size]
    phi = 2 * np.pi * np.arange(n_angles) / n_angles
    radius = ring_radii(n_rings, size / 2 - 1.5)[:, None]
    return tuple(
        (size / 2 - 0.5 + radius * wave(phi)).astype(np.float32) for wave in (np.cos, np.sin)
    )
