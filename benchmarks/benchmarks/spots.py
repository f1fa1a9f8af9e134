"""The dispersion spot finder, beside the same written with scipy.ndimage."""

import numpy as np

from benchmarks import images
from featcls.kernels.spots import find_spots


class Spots:
    param_names = ("shape", "dtype", "masked", "threads")
    params = (((512, 512), (2527, 2463)), ("uint16", "int32"), (False, True), (1, 2))

    def setup(self, shape, dtype, masked, threads):
        side = max(shape)
        self.image = images.counts(side)[: shape[0], : shape[1]].astype(dtype)
        bad = images.bad_pixels(side)[: shape[0], : shape[1]]
        self.mask = np.ascontiguousarray(bad) if masked else None

    def time_table(self, shape, dtype, masked, threads):
        find_spots(self.image, mask=self.mask, n_threads=threads)


class SpotsScipy(Spots):
    params = (*Spots.params[:3], (1,))

    def time_table(self, shape, dtype, masked, threads):
        from scipy import ndimage

        valid = np.ones(self.image.shape) if self.mask is None else ~self.mask * 1.0
        image = self.image * valid
        n, total, squares = (
            49 * ndimage.uniform_filter(x, 7, mode="constant")
            for x in (valid, image, image * image)
        )
        mean = total / np.maximum(n, 1)
        variance = (squares - total * mean) / np.maximum(n - 1, 1)
        light = np.maximum(mean, 0)
        strong = variance > light * (1 + 6 * np.sqrt(2 / np.maximum(n - 1, 1)))
        strong &= (image > mean + 3 * np.sqrt(light)) & (valid > 0)
        labels, n_spots = ndimage.label(strong, np.ones((3, 3)))
        ndimage.sum_labels(image - mean, labels, np.arange(1, n_spots + 1))
