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


class PatternScikitImage(Pattern):
    def time_image(self, size, circle, method):
        from skimage.feature import local_binary_pattern

        local_binary_pattern(self.image, *circle, method)


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


class HistogramScikitImage(Histogram):
    params = (*Histogram.params[:3], (False,), (1,))

    def time_counts(self, circle, method, dtype, masked, threads):
        from skimage.feature import local_binary_pattern

        codes = local_binary_pattern(self.image, *circle, method)
        np.bincount(codes.astype(np.intp).ravel())


class Circles:
    """Three circles in one pass over the image."""

    param_names = ("method", "masked")
    params = (("uniform", "nri_uniform", "var"), (False, True))

    def setup(self, method, masked):
        self.image = images.diffraction(512)
        self.mask = images.bad_pixels(512) if masked else None

    def time_histograms(self, method, masked):
        patterns = [(*circle, method) for circle in CIRCLES]
        texture.lbp_histograms(self.image, patterns, mask=self.mask)


class CirclesOneByOne(Circles):
    def time_histograms(self, method, masked):
        for circle in CIRCLES:
            texture.lbp_histogram(self.image, *circle, method, mask=self.mask)


class HistogramMahotas(HistogramScikitImage):
    """Codes up to rotation; its samples are spline-interpolated, so the counts differ."""

    params = (CIRCLES[:2], ("ror",), *HistogramScikitImage.params[2:])

    def time_counts(self, circle, method, dtype, masked, threads):
        from mahotas.features import lbp

        points, radius = circle
        lbp(self.image, radius, points)
