"""Features of shape and orientation for featcls."""

from featcls.hookspecs import hookimpl
from featcls.spaces import Choice, Subset
from featcls_shape.gabor import Gabor
from featcls_shape.hog import Hog
from featcls_shape.zernike import Zernike

featcls_api = 1


@hookimpl
def register_extractors(register):
    register("hog", Hog, params={"cells": Choice(4, 2, 8), "orientations": Choice(8, 4, 12)})
    register(
        "gabor",
        Gabor,
        params={
            "frequencies": Subset(0.1, 0.2, 0.4, default=(0.1, 0.2)),
            "orientations": Choice(4, 2, 6, 8),
        },
    )
    register("zernike", Zernike, params={"degree": Choice(8, 4, 12)})
