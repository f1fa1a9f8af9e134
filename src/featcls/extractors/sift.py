"""Bags of visual words: SIFT descriptors counted by the nearest of a learned codebook."""

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featcls.errors import PluginError, UsageError
from featcls.extractors.base import Atom, Extractor, Ragged, Rows, Vector
from featcls.extractors.levels import grey_levels
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.spaces import Choice

featcls_api = 1

DIM = 128
FIT_DESCRIPTORS = 100_000  # drawn from the training frames, so that a fit takes seconds
RANDOM_INIT = 1000  # k-means++ takes minutes above
# OpenCV samples a descriptor from a square of 1.5 * 5 keypoint sizes, turned by any angle.
SUPPORT = 1.5 * 5 / np.sqrt(2)


class SIFTBagOfWords(Extractor):
    """Share of a frame's SIFT descriptors that are nearest to each visual word.

    Grey levels 0 to 255 are taken as they are; any other frame is refused. Masked pixels take
    the median of the valid ones, and a keypoint whose descriptor would reach a masked pixel is
    dropped. Of the others the `max_descriptors` of strongest response are used. A frame without
    a descriptor gives zeros.

    The codebook is the centres of mini-batch k-means over descriptors of training frames,
    rounded to whole numbers: distances are then exact in float32, and a frame gets the same
    words alone, in any batch and on any machine. With fewer training descriptors than
    `clusters` every one is a word; the width stays, and the words beyond stay at 0.

    Parameters
    ----------
    clusters : int
        Number of visual words.
    max_descriptors : int
        At most so many descriptors a frame.
    contrast_threshold : float
        Keypoints of weaker contrast are left out; less than OpenCV's 0.04 for faint frames.

    Attributes
    ----------
    codebook_ : (n_words, 128) uint8 array
        Learned; n_words <= clusters.

    References
    ----------
    Lowe (2004), doi:10.1023/B:VISI.0000029664.99615.94.
    Sivic & Zisserman (2003), doi:10.1109/ICCV.2003.1238663.

    Examples
    --------
    >>> words = SIFTBagOfWords(clusters=2)
    >>> words.codebook_ = np.repeat(np.uint8([[0], [9]]), 128, axis=1)
    >>> descriptors = Ragged(np.full((3, 128), 8, np.uint8), np.array([0, 3, 3]))
    >>> words.assemble({"descriptors": descriptors}).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    ragged = True
    fitted = True

    def __init__(
        self,
        clusters: int = 100,
        max_descriptors: int = 2000,
        contrast_threshold: float = 0.04,
    ) -> None:
        self.clusters = clusters
        self.max_descriptors = max_descriptors
        self.contrast_threshold = contrast_threshold

    def feature_names(self) -> list[str]:
        """`word<k>`; which is which follows from the training frames."""
        return [f"word{k}" for k in range(self.clusters)]

    def atoms(self) -> list[Atom]:
        """One atom, the descriptors: every number of clusters shares it."""
        return [
            {
                "max_descriptors": self.max_descriptors,
                "contrast_threshold": self.contrast_threshold,
            }
        ]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Compute the descriptors of a frame for each atom, (m, 128) uint8."""
        return [_descriptors(frame, **atom) for atom in atoms]

    def fit_rows(self, rows: Mapping[str, Rows], random_state: int = 0) -> Self:
        """Learn the codebook from the descriptors of training frames."""
        from sklearn.cluster import MiniBatchKMeans
        from threadpoolctl import threadpool_limits

        if self.clusters < 1 or self.max_descriptors < 1:
            raise UsageError(
                f"sift_bovw: clusters is {self.clusters}, max_descriptors {self.max_descriptors}",
                "give 1 or more of each",
            )
        (descriptors,) = rows.values()
        assert isinstance(descriptors, Ragged)
        values = descriptors.values
        if len(values) > FIT_DESCRIPTORS:
            rng = np.random.default_rng(random_state)
            values = values[np.sort(rng.choice(len(values), FIT_DESCRIPTORS, replace=False))]
        if len(values) <= self.clusters:
            self.codebook_ = np.array(values, np.uint8).reshape(-1, DIM)
            return self
        kmeans = MiniBatchKMeans(
            self.clusters,
            init="random" if self.clusters > RANDOM_INIT else "k-means++",
            n_init=1,
            batch_size=max(1024, self.clusters),
            random_state=random_state,
        )
        with threadpool_limits(1):  # sums, and so the words, would depend on the threads
            centres = kmeans.fit(values.astype(np.float32)).cluster_centers_
        self.codebook_ = np.clip(np.rint(centres), 0, 255).astype(np.uint8)
        return self

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Make the histogram of words of each frame, summing to 1."""
        if not hasattr(self, "codebook_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("sift_bovw has no codebook yet; call fit on training frames")
        (descriptors,) = rows.values()
        assert isinstance(descriptors, Ragged)
        codebook = self.codebook_.astype(np.float32)
        histograms = np.zeros((len(descriptors), self.clusters))
        if len(codebook) == 0:
            return histograms
        norms = np.einsum("ij,ij->i", codebook, codebook)
        for histogram, start, end in zip(
            histograms, descriptors.offsets, descriptors.offsets[1:], strict=False
        ):
            # |c|^2 - 2 x.c: every sum is a whole number below 2^24, so float32 holds it.
            far = norms - 2 * (descriptors.values[start:end].astype(np.float32) @ codebook.T)
            words = np.bincount(far.argmin(axis=1), minlength=self.clusters)
            histogram += words / max(end - start, 1)
        return histograms

    def get_state(self) -> dict[str, Any]:
        """Return the codebook."""
        return {"codebook": self.codebook_}

    def set_state(self, state: Mapping[str, Any]) -> Self:
        """Take a codebook, (n_words, 128) with n_words <= clusters."""
        codebook = np.array(state["codebook"])
        if (
            codebook.dtype != np.uint8
            or codebook.shape[1:] != (DIM,)
            or len(codebook) > self.clusters
        ):
            raise ValueError(
                f"codebook is {codebook.dtype} {codebook.shape}; "
                f"wanted uint8 (up to {self.clusters}, {DIM})"
            )
        self.codebook_ = codebook
        return self


def _descriptors(
    frame: Frame, max_descriptors: int, contrast_threshold: float
) -> NDArray[np.uint8]:
    """Descriptors of the strongest keypoints, in an order that the frame alone decides."""
    image = grey_levels(frame, 256, "sift_bovw")
    if frame.status == "masked":
        return np.empty((0, DIM), np.uint8)
    if frame.mask is not None:
        image = np.where(frame.mask, np.uint8(np.median(frame.values)), image)
    # Keypoints dropped at the mask must not use up the number of those asked for.
    limit = max_descriptors if frame.mask is None else 0
    points, values = _detect(image, limit, contrast_threshold)
    if frame.mask is not None:
        clear = _clear_of_mask(points, frame.mask)
        points, values = points[clear], values[clear]
    strongest = np.lexsort(points.T)[:max_descriptors]
    return values[strongest].astype(np.uint8)


def _detect(
    image: NDArray[np.uint8], limit: int, contrast_threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Keypoints (m, 5): angle, size, column, row, negative response; and descriptors (m, 128)."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # frames are spread over workers
    try:
        sift = cv2.SIFT.create(nfeatures=limit, contrastThreshold=contrast_threshold)
        found, values = sift.detectAndCompute(image, None)
    finally:
        cv2.setNumThreads(threads)
    points = [(p.angle, p.size, p.pt[0], p.pt[1], -p.response) for p in found]
    if values is None:
        values = np.empty((0, DIM), np.float32)
    return np.array(points, np.float64).reshape(-1, 5), np.asarray(values, np.float32)


def _clear_of_mask(points: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(~mask)
    _, size, col, row, _ = points.T
    rows = np.clip(np.rint(row), 0, mask.shape[0] - 1).astype(int)
    cols = np.clip(np.rint(col), 0, mask.shape[1] - 1).astype(int)
    clear: NDArray[np.bool_] = distance[rows, cols] > SUPPORT * size + 1
    return clear


SPACE = {
    "clusters": Choice(100, 10, 50, 200, 500, 1000),
    "max_descriptors": Choice(2000),
    "contrast_threshold": Choice(0.04, 0.01),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    if importlib.util.find_spec("cv2") is None:
        raise PluginError("sift_bovw needs OpenCV", "pip install 'featcls[sift]'")
    register("sift_bovw", SIFTBagOfWords, SPACE)
