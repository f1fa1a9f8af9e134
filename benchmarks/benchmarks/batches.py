"""Stacks of images on one thread and on two, and the memory that an image takes."""

import numpy as np

from benchmarks import images
from benchmarks.glcm import ANGLES, DISTANCES
from benchmarks.polar import plan
from featcls.kernels import texture
from featcls.kernels.contrast import local_contrast_normalize
from featcls.kernels.correlation import correlation_map, correlation_plan
from featcls.kernels.spots import find_spots

SIZE = 224


KERNELS = {
    "glcm": lambda stack, n: texture.haralick_features(stack, DISTANCES, ANGLES, n_threads=n),
    "lbp": lambda stack, n: texture.lbp_histogram(stack, 8, 1, n_threads=n),
    "lcn": lambda stack, n: local_contrast_normalize(stack, 9, n_threads=n),
    "ccf": lambda stack, n: correlation_map(
        stack, correlation_plan(plan(stack.shape[-1])), n_threads=n
    ),
    "spots": lambda stack, n: find_spots(stack, n_threads=n),
}


class Stack:
    param_names = ("images", "kernel", "threads")
    params = ((2, 64), tuple(KERNELS), (1, 2))

    def setup(self, n_images, kernel, threads):
        self.stack = np.stack([images.diffraction(SIZE, seed=k) for k in range(n_images)])

    def time_stack(self, n_images, kernel, threads):
        KERNELS[kernel](self.stack, threads)


class Memory:
    param_names = ("size", "kernel")
    params = ((224, 720), tuple(KERNELS))

    def setup(self, size, kernel):
        self.stack = images.noise(size)[None]  # which takes little to make

    def peakmem_image(self, size, kernel):
        KERNELS[kernel](self.stack, 1)
