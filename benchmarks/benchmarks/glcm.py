"""Grey-level co-occurrence: 20 offsets, six Haralick properties, or his thirteen."""

import numpy as np

from benchmarks import images
from featcls.kernels import texture
from featcls.kernels.glcm import pixel_offsets

DISTANCES = (1, 2, 4, 5, 8)
ANGLES = np.deg2rad((0, 45, 90, 135))
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "ASM", "energy", "correlation")


def n_pairs(size):
    """Pairs of pixels at the offsets, equal ones once."""
    offsets = {
        tuple(offset) for offset in pixel_offsets(DISTANCES, ANGLES).reshape(-1, 2).tolist()
    }
    return sum((size - abs(row)) * (size - abs(col)) for row, col in offsets)


def pairs(image, row, col):
    """The levels of both pixels of each pair at an offset that does not point up."""
    rows, cols = image.shape
    first = image[: rows - row, max(0, -col) : cols - max(0, col)]
    return first, image[row:, max(0, col) : cols + min(0, col)]


class Haralick:
    param_names = ("size", "levels", "image", "masked", "threads")
    params = (
        (128, 512),
        (8, 16, 32, 64, 256),
        ("diffraction", "gap", "brick", "noise"),
        (False, True),
        (1, 2),
    )

    def setup(self, size, levels, image, masked, threads):
        self.image = getattr(images, image)(size, levels)
        self.mask = images.bad_pixels(size) if masked else None

    def time_features(self, size, levels, image, masked, threads):
        texture.haralick_features(
            self.image, DISTANCES, ANGLES, levels, mask=self.mask, n_threads=threads
        )


class HaralickScikitImage(Haralick):
    params = (*Haralick.params[:3], (False,), (1,))

    def time_features(self, size, levels, image, masked, threads):
        from skimage.feature import graycomatrix, graycoprops

        matrix = graycomatrix(self.image, DISTANCES, ANGLES, levels, symmetric=True, normed=True)
        for name in PROPERTIES:
            graycoprops(matrix, name)


class HaralickOpenCV(HaralickScikitImage):
    """calcHist counts the pairs, NumPy takes the six properties."""

    def time_features(self, size, levels, image, masked, threads):
        import cv2

        i = np.arange(levels)
        d = i[:, None] - i
        for row, col in pixel_offsets(DISTANCES, ANGLES).reshape(-1, 2):
            parts = [np.ascontiguousarray(part) for part in pairs(self.image, row, col)]
            bounds = [0, levels, 0, levels]
            counts = cv2.calcHist(parts, [0, 1], None, [levels, levels], bounds).astype(float)
            p = (counts + counts.T) / (2 * counts.sum())
            mean = p.sum(1) @ i
            variance = p.sum(1) @ (i * i) - mean**2
            asm = (p * p).sum()
            (p * d * d).sum(), (p * abs(d)).sum(), (p / (1 + d * d)).sum()
            np.sqrt(asm), (i @ p @ i - mean**2) / variance


class ManyLevels:
    """uint16, where a dense matrix would take up to 16 GiB an offset."""

    param_names = ("size", "levels", "image")
    params = ((128, 512), (4096, 65536), ("diffraction", "noise"))

    def setup(self, size, levels, image):
        self.image = getattr(images, image)(size, levels)

    def time_features(self, size, levels, image):
        texture.haralick_features(self.image, DISTANCES, ANGLES, levels)

    peakmem_features = time_features


class ManyLevelsNumPy(ManyLevels):
    """numpy.unique counts the pairs; six properties of those that occur."""

    def time_features(self, size, levels, image):
        for row, col in pixel_offsets(DISTANCES, ANGLES).reshape(-1, 2):
            a, b = pairs(self.image.astype(np.int64), row, col)
            keys, counts = np.unique(
                np.minimum(a, b) * levels + np.maximum(a, b), return_counts=True
            )
            i, j = np.divmod(keys, levels)
            d, p = j - i, counts / counts.sum()
            mean = (p * (i + j)).sum() / 2
            variance = (p * (i**2 + j**2)).sum() / 2 - mean**2
            asm = (p * p * np.where(d, 0.5, 1)).sum()
            (p * d * d).sum(), (p * d).sum(), (p / (1 + d * d)).sum()
            np.sqrt(asm), ((p * i * j).sum() - mean**2) / variance

    peakmem_features = time_features


class Thirteen:
    """All of Haralick's."""

    param_names = ("size", "levels", "image")
    params = ((128, 512), (64, 256), ("diffraction", "noise"))

    def setup(self, size, levels, image):
        self.image = getattr(images, image)(size, levels)

    def time_features(self, size, levels, image):
        texture.haralick_features(self.image, DISTANCES, ANGLES, levels, properties="haralick")


class ThirteenMahotas(Thirteen):
    def time_features(self, size, levels, image):
        from mahotas.features import haralick

        for distance in DISTANCES:
            haralick(self.image, distance=distance)


class Matrix:
    """The dense counts themselves."""

    param_names = ("size", "levels")
    params = ((128, 512), (8, 64, 256))

    def setup(self, size, levels):
        self.image = images.diffraction(size, levels)

    def time_counts(self, size, levels):
        texture.graycomatrix(self.image, DISTANCES, ANGLES, levels)

    peakmem_counts = time_counts


class MatrixScikitImage(Matrix):
    def time_counts(self, size, levels):
        from skimage.feature import graycomatrix

        graycomatrix(self.image, DISTANCES, ANGLES, levels)

    peakmem_counts = time_counts
