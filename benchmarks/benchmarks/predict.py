"""Whole predictions, image to scores: two models of the DiffraNet paper, beside the same
pipelines written with scikit-image and scikit-learn."""

from functools import cache
from tempfile import TemporaryDirectory

import numpy as np
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks import images
from featcls.classifiers.base import fit
from featcls.config import canonical, params_from_json
from featcls.frame import Frame
from featcls.model import Model
from featcls.pipeline import Fitted, branches, feature_names
from featcls.plugins import registry

CLASSES = ("blank", "no-crystal", "weak", "good", "strong")
SIX = ["ASM", "contrast", "correlation", "dissimilarity", "energy", "homogeneity"]
DISTANCES, ANGLES = [1, 2, 5, 8], [45, 135]
GLCM = {"name": "glcm", "params": {"distances": DISTANCES, "angles": ANGLES}}
FOREST = {"name": "rf", "params": {"n_estimators": 100, "max_depth": 20}}
LBP = {"name": "lbp", "params": {"P": 24, "R": 3.0}}
TO_LEVELS = {"name": "quantise", "params": {"method": "sqrt", "range": [0.0, 1000.0]}}
CONFIGS = {
    "GLCM + RF": {"extractors": [GLCM], "classifier": FOREST},
    "LBP + SVM": {"extractors": [LBP], "classifier": "svm"},
    "sqrt + GLCM + RF": {
        "extractors": [{**GLCM, "preprocess": [TO_LEVELS]}],
        "classifier": FOREST,
    },
}
ROWS = 2000  # that a classifier is fitted to
SIDE = 2048


@cache
def stack(n):
    """Return 8-bit images (n, 512, 512); every eighth is drawn anew, the others are turned."""
    drawn = [images.diffraction(512, seed=k) for k in range(-(-n // 8))]
    return np.stack([np.roll(drawn[k // 8], 61 * (k % 8), axis=k % 2) for k in range(n)])


@cache
def model(name):
    """Return a model fitted to the features of 16 images and noise, so that its trees are deep."""
    plugins = registry()
    config = canonical(CONFIGS[name], plugins.space_of)
    extractors = [branch.extractor for branch in branches(config, plugins)]
    names = feature_names(config, extractors)
    fitted = Fitted(config, CLASSES, extractors, None, None, feature_names=names)
    seen = fitted.features([Frame(image) for image in stack(16)], plugins)
    rng = np.random.default_rng(0)
    X = seen[rng.integers(0, 16, ROWS)] + rng.normal(0, 1, (ROWS, 1)) * seen.std(axis=0)
    fitted.scaler = StandardScaler().fit(X)
    y = rng.integers(0, len(CLASSES), ROWS)
    entry = plugins.get("classifier", config["classifier"]["name"])
    params = params_from_json(config["classifier"]["params"])
    fitted.estimator = fit(entry, params, fitted.scaled(X), y, classes=CLASSES)
    return Model(fitted, {}, plugins)


class ScikitImage:
    """The same model without featcls: scikit-image's features, scikit-learn's probabilities."""

    def __init__(self, name):
        fitted = model(name).fitted
        (self.estimator,) = fitted.estimator.parts
        self.scaler = fitted.scaler
        self.features = self.glcm if name.startswith("GLCM") else self.lbp

    @staticmethod
    def glcm(image):
        matrices = graycomatrix(image, DISTANCES, np.deg2rad(ANGLES), symmetric=True, normed=True)
        return np.concatenate([graycoprops(matrices, prop).ravel() for prop in SIX])

    @staticmethod
    def lbp(image):
        codes = local_binary_pattern(image, 24, 3, "uniform").astype(int)
        return np.bincount(codes.ravel(), minlength=26) / codes.size

    def scores(self, features):
        """Return the scores (n, k) of features (n, width)."""
        X = self.scaler.transform(features)
        if hasattr(self.estimator, "predict_proba"):
            return RandomForestClassifier.predict_proba(self.estimator, X)
        decision = self.estimator.decision_function(X)
        weight = np.exp(decision - decision.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)

    def predict(self, batch):
        """Return the scores (n, k) of images."""
        return self.scores([self.features(image) for image in batch])


def large():
    """A masked frame of 4 million int32 counts."""
    counts = np.tile(images.counts(512), (SIDE // 512, SIDE // 512)).astype(np.int32)
    return Frame(counts, images.bad_pixels(SIDE))


class Rows:
    """Rows of 8-bit frames that are in memory."""

    param_names = ("frames", "pipeline", "threads")
    params = ((8, 64), ("GLCM + RF", "LBP + SVM"), (1, 2))

    def setup(self, n_frames, pipeline, threads):
        self.frames, self.model = list(stack(n_frames)), model(pipeline)

    def time_rows(self, n_frames, pipeline, threads):
        for _ in self.model.predict_rows(self.frames, n_threads=threads):
            pass


class RowsScikitImage(Rows):
    params = ((8, 64), ("GLCM + RF", "LBP + SVM"), (1,))

    def setup(self, n_frames, pipeline, threads):
        self.frames, self.model = list(stack(n_frames)), ScikitImage(pipeline)

    def time_rows(self, n_frames, pipeline, threads):
        self.model.predict(self.frames)

    def track_difference(self, n_frames, pipeline, threads):
        ours = model(pipeline).predict_scores(self.frames)
        return float(np.abs(ours - self.model.predict(self.frames)).max())


class One:
    """Scores of a single frame, and of a large one that is masked."""

    param_names = ("pipeline",)
    params = (("GLCM + RF", "LBP + SVM", "sqrt + GLCM + RF"),)

    def setup(self, pipeline):
        self.model = model(pipeline)
        self.frame = large() if pipeline.startswith("sqrt") else Frame(stack(1)[0])

    def time_scores(self, pipeline):
        self.model.predict_scores([self.frame])


class Load:
    """A model file is opened: read, checked, tried on its kept rows."""

    param_names = ("pipeline",)
    params = (("GLCM + RF", "LBP + SVM"),)

    def setup(self, pipeline):
        self.folder = TemporaryDirectory()
        self.path = f"{self.folder.name}/model.featcls"
        model(pipeline).save(self.path)

    def teardown(self, pipeline):
        self.folder.cleanup()

    def time_load(self, pipeline):
        Model.load(self.path)
