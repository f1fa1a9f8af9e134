"""Local contrast normalisation of a 720 x 720 image."""

import numpy as np

from benchmarks import images
from featcls.kernels.contrast import local_contrast_normalize


class Normalize:
    param_names = ("window", "dtype", "masked", "threads")
    params = ((9, 15, 31), ("float32", "uint16"), (False, True), (1, 2))

    def setup(self, window, dtype, masked, threads):
        self.image = images.diffraction(720).astype(dtype)
        self.mask = images.bad_pixels(720) if masked else None

    def time_reflect(self, window, dtype, masked, threads):
        local_contrast_normalize(self.image, window, mask=self.mask, n_threads=threads)


class NormalizeOpenCV:
    """What one writes with box filters: float32 sums, the window cut at the border by zeros."""

    param_names = ("window",)
    params = ((9, 15, 31),)

    def setup(self, window):
        self.image = images.diffraction(720).astype(np.float32)

    def time_truncate(self, window):
        import cv2

        size = (window, window)
        image = (self.image - self.image.mean()) / self.image.std()
        zero = cv2.BORDER_CONSTANT
        mean = cv2.boxFilter(image, -1, size, borderType=zero)
        squares = cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=zero)
        (image - mean) / np.sqrt(np.maximum(squares - mean * mean, 1.0))
