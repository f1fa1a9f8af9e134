"""Polar map and merged two-point correlation of one frame."""

import numpy as np

from benchmarks import images
from featcls.kernels.correlation import angular_correlation
from featcls.kernels.polar import polar_map, polar_plan, ring_radii

GRIDS = {224: (112, 360), 512: (256, 512), 720: (360, 720)}


class Correlation:
    param_names = ("size", "reduction", "masked")
    params = ((224, 512, 720), ("merged", "max"), (False, True))

    def setup(self, size, reduction, masked):
        if reduction == "max" and size > 224:
            raise NotImplementedError
        n_rings, n_angles = GRIDS[size]
        self.image = images.counts(size).astype(np.float32)
        self.mask = images.bad_pixels(size) if masked else None
        middle = size / 2 - 0.5
        radii = ring_radii(n_rings, size / 2 - 1.5)
        self.plan = polar_plan((size, size), (middle, middle), radii, n_angles)

    def time_map(self, size, reduction, masked):
        rings, weights = polar_map(self.image, self.plan, mask=self.mask)
        angular_correlation(rings, weights if masked else None, reduction=reduction)


class CorrelationOpenCV:
    """cv2.remap and matrix products, unmasked."""

    param_names = ("size",)
    params = (tuple(GRIDS),)

    def setup(self, size):
        n_rings, n_angles = GRIDS[size]
        self.image = images.counts(size).astype(np.float32)
        phi = 2 * np.pi * np.arange(n_angles) / n_angles
        radius = ring_radii(n_rings, size / 2 - 1.5)[:, None]
        self.columns, self.rows = (
            (size / 2 - 0.5 + radius * wave(phi)).astype(np.float32) for wave in (np.cos, np.sin)
        )
        waves = np.stack([np.cos(8 * phi), np.sin(8 * phi)], 1) / n_angles
        self.waves = waves.astype(np.float32)

    def time_map(self, size):
        import cv2

        rings = cv2.remap(self.image, self.columns, self.rows, cv2.INTER_LINEAR)
        rings = rings - rings.mean(1, keepdims=True)
        full, component = rings @ rings.T / rings.shape[1], rings @ self.waves
        np.where(np.tri(len(rings), dtype=bool), full, component @ component.T)
