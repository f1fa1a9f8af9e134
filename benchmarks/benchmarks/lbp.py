"""Local binary patterns, as images of codes and as histograms."""

import numpy as np

from benchmarks import images
from featcls.kernels import texture

CIRCLES = ((8, 1), (16, 2), (24, 3))


class Pattern:
    param_names = ("size", "circle", "method")
    params = ((128, 512), CIRCLES, texture.METHODS)

    def setup(self, size, circle, method):
        self.image = images.diffraction(size)

    def time_image(self, size, circle, method):
        texture.local_binary_pattern(self.image, *circle, method)

    peakmem_image = time_image


class PatternScikitImage(Pattern):
    def time_image(self, size, circle, method):
        from skimage.feature import local_binary_pattern

        local_binary_pattern(self.image, *circle, method)

    peakmem_image = time_image


class Histogram:
    param_names = ("circle", "method", "dtype", "masked", "threads")
    params = (CIRCLES, ("uniform", "ror"), ("uint8", "uint16", "float32"), (False, True), (1, 2))

    def setup(self, circle, method, dtype, masked, threads):
        if method == "ror" and circle[0] > 16:  # 2^24 bins
            raise NotImplementedError
        self.image = images.diffraction(512).astype(dtype)
        self.mask = images.bad_pixels(512) if masked else None

    def time_counts(self, circle, method, dtype, masked, threads):
        texture.lbp_histogram(self.image, *circle, method, mask=self.mask, n_threads=threads)

    peakmem_counts = time_counts


class HistogramScikitImage(Histogram):
    def setup(self, circle, method, dtype, masked, threads):
        if masked or threads > 1:
            raise NotImplementedError
        super().setup(circle, method, dtype, masked, threads)

    def time_counts(self, circle, method, dtype, masked, threads):
        from skimage.feature import local_binary_pattern

        codes = local_binary_pattern(self.image, *circle, method)
        np.bincount(codes.astype(np.intp).ravel())

    peakmem_counts = time_counts


class HistogramMahotas(HistogramScikitImage):
    """Codes up to rotation; its samples are spline-interpolated, so the counts differ."""

    def setup(self, circle, method, dtype, masked, threads):
        if method != "ror":
            raise NotImplementedError
        super().setup(circle, method, dtype, masked, threads)

    def time_counts(self, circle, method, dtype, masked, threads):
        from mahotas.features import lbp

        points, radius = circle
        lbp(self.image, radius, points)

    peakmem_counts = time_counts
