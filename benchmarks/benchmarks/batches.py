"""Stacks of images on one thread and on two."""

import numpy as np

from benchmarks import images
from benchmarks.glcm import ANGLES, DISTANCES
from benchmarks.polar import plan
from featcls.kernels import texture
from featcls.kernels.contrast import local_contrast_normalize
from featcls.kernels.correlation import angular_correlation
from featcls.kernels.polar import polar_map
from featcls.kernels.spots import find_spots

SIZE = 224
PLAN = plan(SIZE)


def correlate(stack, threads):
    rings, _ = polar_map(stack, PLAN, n_threads=threads)
    angular_correlation(rings, n_threads=threads)


KERNELS = {
    "glcm": lambda stack, n: texture.haralick_features(stack, DISTANCES, ANGLES, n_threads=n),
    "lbp": lambda stack, n: texture.lbp_histogram(stack, 8, 1, n_threads=n),
    "lcn": lambda stack, n: local_contrast_normalize(stack, 9, n_threads=n),
    "ccf": correlate,
    "spots": lambda stack, n: find_spots(stack, n_threads=n),
}


class Stack:
    param_names = ("images", "kernel", "threads")
    params = ((2, 64), tuple(KERNELS), (1, 2))

    def setup(self, n_images, kernel, threads):
        self.stack = np.stack([images.diffraction(SIZE, seed=k) for k in range(n_images)])

    def time_stack(self, n_images, kernel, threads):
        KERNELS[kernel](self.stack, threads)

    peakmem_stack = time_stack
