"""Kernels compute without the interpreter lock: other threads run meanwhile."""

import numpy as np
import pytest

from featcls._ext.simulate import poisson
from featcls.kernels.contrast import local_contrast_normalize
from featcls.kernels.correlation import angular_correlation, correlation_map, correlation_plan
from featcls.kernels.polar import polar_map, polar_plan, ring_radii
from featcls.kernels.spots import find_spots
from featcls.kernels.texture import (
    graycomatrix,
    haralick_features,
    lbp_histogram,
    local_binary_pattern,
)
from featcls.testing.lock import lets_others_run

IMAGE = np.random.default_rng(0).integers(0, 256, (1500, 1500), dtype=np.uint8)
STACK = IMAGE.reshape(9, 500, 500).astype(np.float32)
PLAN = polar_plan((500, 500), (249.5, 249.5), ring_radii(64, 250.0), 180)
MAPS = correlation_plan(PLAN)
RINGS = np.random.default_rng(0).random((99, 64, 180), np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: graycomatrix(IMAGE, [1, 5], [0.0, np.pi / 4]),
        lambda: haralick_features(IMAGE, [1, 5], [0.0, np.pi / 4]),
        lambda: local_binary_pattern(IMAGE, 8, 1.0),
        lambda: lbp_histogram(IMAGE, 8, 1.0),
        lambda: local_contrast_normalize(IMAGE, 9),
        lambda: find_spots(IMAGE),
        lambda: polar_map(STACK, PLAN),
        lambda: correlation_map(STACK, MAPS),
        lambda: angular_correlation(RINGS),
        lambda: poisson(STACK[0].copy(), 1),
    ],
    ids=[
        "graycomatrix", "haralick_features", "local_binary_pattern", "lbp_histogram",
        "local_contrast_normalize", "find_spots", "polar_map", "correlation_map",
        "angular_correlation", "poisson",
    ],
)  # fmt: skip
def test_other_threads_run_while_a_kernel_computes(call):
    assert lets_others_run(call)
