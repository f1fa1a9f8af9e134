"""Two-point correlation of one frame, from its pixels to the map."""

import numpy as np

from benchmarks import images
from benchmarks.polar import GRIDS, plan, points
from featcls.kernels.correlation import correlation_map, correlation_plan

ORDER = 8


class Correlation:
    param_names = ("size", "reduction", "masked", "threads")
    params = (tuple(GRIDS), ("delta0", "merged", "max"), (False, True), (1, 2))

    def setup(self, size, reduction, masked, threads):
        self.image = images.counts(size).astype(np.float32)
        mask = images.bad_pixels(size) if masked else None
        self.plan = correlation_plan(plan(size), mask=mask, reduction=reduction)

    def time_map(self, size, reduction, masked, threads):
        correlation_map(self.image, self.plan, n_threads=threads)


class CorrelationOpenCV(Correlation):
    """cv2.remap and the matrix products of NumPy; `max` with the transforms of scipy.fft."""

    params = (*Correlation.params[:2], (False,), (1,))

    def setup(self, size, reduction, masked, threads):
        super().setup(size, reduction, masked, threads)
        self.points = points(size)
        n_angles = GRIDS[size][1]
        angle = ORDER * 2 * np.pi * np.arange(n_angles) / n_angles
        waves = np.stack([np.cos(angle), np.sin(angle)], 1) / n_angles
        self.waves = waves.astype(np.float32)

    def time_map(self, size, reduction, masked, threads):
        import cv2

        rings = cv2.remap(self.image, *self.points, cv2.INTER_LINEAR)
        rings -= rings.mean(1, keepdims=True)
        if reduction == "max":
            return largest(rings)
        full = rings @ rings.T / np.float32(rings.shape[1])
        if reduction == "delta0":
            return full
        component = rings @ self.waves
        return np.where(np.tri(len(rings), dtype=bool), full, component @ component.T)


def largest(rings):
    from scipy import fft

    n_rings, n_angles = rings.shape
    spectra = fft.rfft(rings, axis=1)
    out = np.empty((n_rings, n_rings), np.float32)
    for i, spectrum in enumerate(spectra):
        every_delta = fft.irfft(spectrum.conj() * spectra[: i + 1], n_angles, axis=1)
        out[i, : i + 1] = out[: i + 1, i] = every_delta.max(1) / n_angles
    return out
