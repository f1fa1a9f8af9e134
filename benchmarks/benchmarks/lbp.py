"""Local binary patterns of a 512 x 512 image and smaller."""

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
    param_names = ("circle", "masked", "threads")
    params = (CIRCLES, (False, True), (1, 2))

    def setup(self, circle, masked, threads):
        self.image = images.diffraction(512)
        self.mask = images.bad_pixels(512) if masked else None

    def time_uniform(self, circle, masked, threads):
        texture.lbp_histogram(self.image, *circle, mask=self.mask, n_threads=threads)
