"""Plugins with one defect each, as an author could have written them."""

import math
import os
import random
import struct
import time
from pathlib import Path

import numpy as np

from featcls.data.base import Frames, Reader, decoding
from featcls.extractors.base import Extractor
from featcls.frame import Frame
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Uniform

LEVEL = {"level": Uniform(0.0, 256.0)}


class Share(Extractor):
    """Sound: share and mean of the valid pixels above a level."""

    def __init__(self, level=128.0):
        self.level = level

    def feature_names(self):
        return ["share", "mean"]

    def extract(self, frame):
        return self.features(frame.values.astype(np.float64), frame)

    def features(self, values, frame):
        if not values.size:
            return np.zeros(2)
        return np.array([np.mean(values > self.level), values.mean()])


# Extractors: what is measured


class MeanOfTheImage(Share):
    def extract(self, frame):
        return self.features(frame.image.astype(np.float64).ravel(), frame)


class SumInsteadOfMean(Share):
    def features(self, values, frame):
        return np.array([np.sum(values > self.level), values.sum()], np.float64)


class NothingForMasked(Share):
    def features(self, values, frame):
        with np.errstate(all="ignore"):
            return np.array([np.mean(values > self.level), np.mean(values)])


class EdgesOfTheMask(Share):
    def features(self, values, frame):
        gradient = np.abs(np.diff(frame.image.astype(np.float64), axis=0)).sum()
        return super().features(values, frame) + [0, gradient]


class FullScaleOfTheType(Share):
    def features(self, values, frame):
        top = np.iinfo(frame.image.dtype).max if frame.image.dtype.kind in "iu" else 1.0
        return super().features(values / top, frame)


class WrapsAround(Share):
    def features(self, values, frame):
        return super().features((frame.values * frame.values.dtype.type(3)).astype(float), frame)


class BytesInMemory(Share):
    def features(self, values, frame):
        return super().features(values, frame) + [0, sum(frame.image.tobytes()[:64])]


class SinglePrecision(Share):
    def features(self, values, frame):
        return super().features(values, frame).astype(np.float32)


class OneRow(Share):
    def features(self, values, frame):
        return super().features(values, frame)[None]


class ShareOfRows(Share):
    def features(self, values, frame):
        return np.resize(super().features(values, frame), len(frame.image))


class NeedsContrast(Share):
    def features(self, values, frame):
        spread = values.std() if values.size else 1.0
        with np.errstate(all="ignore"):
            return super().features(values, frame) / spread


class NeedsThreeRows(Share):
    def features(self, values, frame):
        frame.image[2]
        return super().features(values, frame)


# Extractors: what is remembered or drawn


class MeanOfTheLast(Share):
    last = 0.0

    def features(self, values, frame):
        found = super().features(values, frame)
        found[1], self.last = self.last, found[1]
        return found


class BackgroundOfTheFirst(Share):
    background = None

    def features(self, values, frame):
        if self.background is None:
            self.background = values.mean() if values.size else 0.0
        return super().features(values - self.background, frame)


class SharedScratch(Share):
    scratch = np.zeros(2)

    def features(self, values, frame):
        self.scratch[:] = super().features(values, frame)
        time.sleep(0.0005)
        return self.scratch.copy()


class CachedByShape(Share):
    known = {}  # noqa: RUF012  # the defect

    def features(self, values, frame):
        return self.known.setdefault(frame.shape, super().features(values, frame))


class Jitter(Share):
    def features(self, values, frame):
        return super().features(values, frame) + np.random.default_rng().normal(size=2)


class GlobalJitter(Share):
    def features(self, values, frame):
        return super().features(values + 0 * random.random(), frame)


class Reseeds(Share):
    def features(self, values, frame):
        np.random.seed(0)  # noqa: NPY002
        return super().features(values, frame)


class HashOfTexts(Share):
    def features(self, values, frame):
        return super().features(values, frame) + hash("share") % 1_000_003


class OrderOfASet(Share):
    def feature_names(self):
        texts = {"share", "above", "a", "level", "mean", "of", "valid", "pixels"}
        return ["_".join(texts), "b"]


class ByProcess(Share):
    def features(self, values, frame):
        return super().features(values, frame) + os.getpid()


class Inverts(Share):
    def features(self, values, frame):
        frame.image.flags.writeable = True
        np.subtract(255, frame.image, out=frame.image, casting="unsafe")
        return super().features(values, frame)


class KeepsTheLock(Share):
    releases_gil = True

    def features(self, values, frame):
        return super().features(np.fromiter(map(float, values), float), frame)


# Extractors: parameters, names and atoms


class OtherDefault(Share):
    def __init__(self, level=127.0):
        super().__init__(level)


class RoundsItsLevel(Share):
    def __init__(self, level=128.0):
        self.level = round(level)


class Checked(Share):
    def __init__(self, level=128.0):
        if level > 250:
            raise ValueError("too high")
        super().__init__(level)


class SameNames(Share):
    def feature_names(self):
        return ["share", "share"]


class CountsItsCalls(Share):
    calls = 0

    def feature_names(self):
        Share.calls += 1
        return ["share", f"mean{Share.calls}"]


class OneNameTooMany(Share):
    def feature_names(self):
        return ["share", "mean", "median"]


class DropsTheAtom(Share):
    def atoms(self):
        return [{}]


# Preprocessors


class Clip(Preprocessor):
    """Sound: pixels above a level become the level."""

    def __init__(self, level=128.0):
        self.level = level

    def apply(self, frame):
        return frame.replace(image=self.pixels(frame.image.astype(np.float64), frame))

    def pixels(self, image, frame):
        return np.minimum(image, self.level)


class LosesTheMask(Clip):
    def apply(self, frame):
        return Frame(super().apply(frame).image, None, frame.frame_id)


class MeanWithMasked(Clip):
    def pixels(self, image, frame):
        return image - image.mean()


class Standardises(Clip):
    def pixels(self, image, frame):
        with np.errstate(all="ignore"):
            return (image - np.mean(frame.values)) / np.std(frame.values)


class RunningBackground(Clip):
    background = 0.0

    def pixels(self, image, frame):
        self.background = 0.9 * self.background + 0.1 * float(np.max(image))
        return image - self.background


class CropsToTheValid(Clip):
    def apply(self, frame):
        done = super().apply(frame)
        rows = np.flatnonzero(frame.valid.any(axis=1))
        done = frame.replace(image=done.image[rows[0] :], mask=~frame.valid[rows[0] :])
        return done


class BlocksOtherThreads(Clip):
    releases_gil = True

    def pixels(self, image, frame):
        return super().pixels(np.array([[float(x) for x in row] for row in image]), frame)


class Dithers(Clip):
    def pixels(self, image, frame):
        return image + np.random.default_rng(len(frame.frame_id) + os.getpid()).normal()


# Readers


class Lines(Reader):
    """Sound: `DEFECT`, two lengths, then a byte a pixel."""

    def understands(self, path, head):
        return head.startswith(b"DEFECT")

    def frames(self, path):
        return Frames(1, lambda index: self.frame(path))

    def frame(self, path):
        with decoding(path, None):
            data = Path(path).read_bytes()
            if data[:6] != b"DEFECT":
                raise ValueError("another magic")
            return Frame(self.pixels(data), frame_id=path)

    def pixels(self, data):
        shape = struct.unpack_from("<HH", data, 6)
        if len(data) != 10 + math.prod(shape):
            raise ValueError("cut")
        return np.frombuffer(data, np.uint8, offset=10).reshape(shape)


class Pads(Lines):
    def pixels(self, data):
        rows, cols = struct.unpack_from("<HH", data, 6)
        return np.resize(np.frombuffer(data + b"\0", np.uint8, offset=10), (rows, cols))


class ByExtension(Lines):
    def understands(self, path, head):
        return True


class BareErrors(Lines):
    def frame(self, path):
        return Frame(self.pixels(Path(path).read_bytes()), frame_id=path)


class NameOfTheFile(Lines):
    def frame(self, path):
        return Frame(super().frame(path).image, frame_id=Path(path).name)


# Classifiers


class Nearest:
    """Sound: the nearest mean of a class."""

    def fit(self, X, y):
        self.codes_ = np.unique(y)
        self.means_ = np.stack([X[y == code].mean(axis=0) for code in self.codes_])
        return self

    def predict_proba(self, X):
        distance = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        nearness = np.exp(distance.min(axis=1, keepdims=True) - distance)
        return nearness / nearness.sum(axis=1, keepdims=True)


class Unnormalised(Nearest):
    def predict_proba(self, X):
        return super().predict_proba(X) * 2


class BatchMean(Nearest):
    def predict_proba(self, X):
        return super().predict_proba(X - X.mean(axis=0))


class RandomStart(Nearest):
    def fit(self, X, y):
        return super().fit(X + np.random.default_rng().normal(size=X.shape), y)


class ScalesInPlace(Nearest):
    def fit(self, X, y):
        X /= np.abs(X).max()
        return super().fit(X, y)


class Constant(Nearest):
    def predict_proba(self, X):
        return np.tile(np.bincount(range(len(self.codes_))) / len(self.codes_), (len(X), 1))


AT_IMPORT = {
    "seeds": "np.random.seed(0)",
    "prints": "print('loaded')",
    "heavy": "import sklearn.cluster",
    "environment": "import os; os.environ['OMP_NUM_THREADS'] = '1'",
    "patches": "np.mean = np.median",
    "threads": "import threading; threading.Timer(60, print).start()",
    "logging": "import logging; logging.basicConfig(level='DEBUG')",
    "slow": "sum(k * k for k in range(40_000_000))",
}
MODULE = """
import numpy as np
from defects import LEVEL, Share
from featcls.hookspecs import hookimpl

featcls_api = 1
{defect}


@hookimpl
def register_extractors(register):
    register("{name}", Share, params=LEVEL)
"""
