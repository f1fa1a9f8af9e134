"""Texture kernels: grey-level co-occurrence and local binary patterns.

The functions that scikit-image has too keep its names, arguments, axes and results; a user of
`skimage.feature` changes one import.
"""

from featcls.kernels._circles import METHODS
from featcls.kernels.glcm import PROPERTIES, graycomatrix, graycoprops
from featcls.kernels.haralick import FUSED_PROPERTIES, HARALICK, haralick_features
from featcls.kernels.lbp import lbp_histogram, lbp_histograms, local_binary_pattern

__all__ = [
    "FUSED_PROPERTIES",
    "HARALICK",
    "METHODS",
    "PROPERTIES",
    "graycomatrix",
    "graycoprops",
    "haralick_features",
    "lbp_histogram",
    "lbp_histograms",
    "local_binary_pattern",
]
