"""Local contrast normalisation, beside the same written with box filters."""

import numpy as np

from benchmarks import images
from featcls.kernels.contrast import local_contrast_normalize


class Normalize:
    param_names = ("size", "window", "dtype", "masked", "threads")
    params = ((224, 720), (9, 15, 31), ("float32", "uint16"), (False, True), (1, 2))

    def setup(self, size, window, dtype, masked, threads):
        self.image = images.diffraction(size).astype(dtype)
        self.mask = images.bad_pixels(size) if masked else None

    def time_image(self, size, window, dtype, masked, threads):
        local_contrast_normalize(self.image, window, mask=self.mask, n_threads=threads)


class NormalizeOpenCV(Normalize):
    """Float32 sums; the mirrored border is the same."""

    params = (*Normalize.params[:3], (False,), (1,))

    def moments(self, image, window):
        import cv2

        size, border = (window, window), cv2.BORDER_REFLECT_101
        mean = cv2.boxFilter(image, -1, size, borderType=border)
        return mean, cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=border)

    def time_image(self, size, window, dtype, masked, threads):
        import cv2

        mean, std = cv2.meanStdDev(self.image)
        image = self.image - np.float32(mean[0, 0])
        image *= np.float32(1 / std[0, 0])
        mean, squares = self.moments(image, window)
        squares -= mean * mean
        np.maximum(squares, np.float32(1), out=squares)
        np.sqrt(squares, out=squares)
        image -= mean
        image /= squares
        return image


class NormalizeScipy(NormalizeOpenCV):
    def moments(self, image, window):
        from scipy.ndimage import uniform_filter

        return tuple(uniform_filter(part, window, mode="mirror") for part in (image, image**2))
