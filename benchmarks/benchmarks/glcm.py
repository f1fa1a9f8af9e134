"""Grey-level co-occurrence: 20 offsets, six Haralick properties."""

import numpy as np

from benchmarks import images
from featcls.kernels import texture

DISTANCES = (1, 2, 4, 5, 8)
ANGLES = np.deg2rad((0, 45, 90, 135))
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "ASM", "energy", "correlation")


class Haralick:
    param_names = ("size", "levels", "image", "masked", "threads")
    params = ((128, 512), (8, 64, 256), ("diffraction", "noise"), (False, True), (1, 2))

    def setup(self, size, levels, image, masked, threads):
        self.image = getattr(images, image)(size, levels)
        self.mask = images.bad_pixels(size) if masked else None

    def time_features(self, size, levels, image, masked, threads):
        texture.haralick_features(
            self.image, DISTANCES, ANGLES, levels, mask=self.mask, n_threads=threads
        )


class Matrix:
    param_names = ("size", "levels")
    params = ((128, 512), (8, 64, 256))

    def setup(self, size, levels):
        self.image = images.diffraction(size, levels)

    def time_graycomatrix(self, size, levels):
        texture.graycomatrix(self.image, DISTANCES, ANGLES, levels)

    def peakmem_graycomatrix(self, size, levels):
        texture.graycomatrix(self.image, DISTANCES, ANGLES, levels)


class MatrixScikitImage(Matrix):
    def time_graycomatrix(self, size, levels):
        from skimage.feature import graycomatrix

        graycomatrix(self.image, DISTANCES, ANGLES, levels)

    peakmem_graycomatrix = time_graycomatrix


class HaralickScikitImage:
    param_names = ("size", "levels", "image")
    params = ((128, 512), (8, 64, 256), ("diffraction", "noise"))

    def setup(self, size, levels, image):
        self.image = getattr(images, image)(size, levels)

    def time_features(self, size, levels, image):
        from skimage.feature import graycomatrix, graycoprops

        matrix = graycomatrix(self.image, DISTANCES, ANGLES, levels, symmetric=True, normed=True)
        for name in PROPERTIES:
            graycoprops(matrix, name)
