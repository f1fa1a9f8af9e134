"""The contract suite passes what is registered and finds defects seeded on purpose."""

import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featcls import testing
from featcls.errors import UnreadableFrameError
from featcls.extractors.base import Extractor
from featcls.frame import Frame
from featcls.plugins import Entry, registry
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice, Integer

CHECKS = {
    "preprocessor": testing.check_preprocessor,
    "extractor": testing.check_extractor,
    "classifier": testing.check_classifier,
}
OWN_KERNELS = {"glcm", "lbp", "spots", "ccf", "lcn"}
STEPS = [(kind, name) for kind in CHECKS for name in registry().names(kind)]


@pytest.mark.parametrize(("kind", "name"), STEPS)
def test_every_registered_step_keeps_its_contract(kind, name):
    samples = 3 if kind == "classifier" else 10
    report = CHECKS[kind](registry().get(kind, name), samples=samples)
    assert report.n_run >= 11
    allowed = {"it learns nothing", "it has no class weights", "it has no budget"}
    allowed.add("it cannot go on")
    if name not in OWN_KERNELS:
        allowed.add("it does not say that it releases the lock")
    assert set(report.skipped.values()) <= allowed


class Mean(Extractor):
    """An extractor without fault: mean of the valid pixels times `factor`, and a constant."""

    def __init__(self, factor=1):
        self.factor = factor

    def feature_names(self):
        return ["mean", "one"]

    def extract(self, frame):
        if frame.status == "masked":
            return np.zeros(2)
        return np.array([self.factor * frame.values.mean(dtype=np.float64), 1.0])


SPACE = {"factor": Integer(1, 3, default=1)}


def test_an_extractor_without_fault_passes():
    report = testing.check_extractor(Mean, SPACE)
    assert not report.failed
    assert "checks run, 0 failed" in str(report)


class LyingWidth(Mean):
    def feature_names(self):
        return ["mean", "one", "two"]


class NotFinite(Mean):
    def extract(self, frame):
        with np.errstate(divide="ignore"):
            return np.log(super().extract(frame))


class WidthOfTheImage(Mean):
    def extract(self, frame):
        return np.resize(super().extract(frame), frame.shape[1])


class Writes(Mean):
    def extract(self, frame):
        frame.image.flags.writeable = True
        frame.image[0, 0] += 1
        return super().extract(frame)


class DrawsFromNumpy(Mean):
    def extract(self, frame):
        return super().extract(frame) + 0 * np.random.rand()  # noqa: NPY002


class SeedsRandom(Mean):
    def extract(self, frame):
        random.seed(0)
        return super().extract(frame)


class IgnoresMask(Mean):
    def extract(self, frame):
        return np.array([self.factor * frame.image.mean(dtype=np.float64), 1.0])


class CountsValidPixels(Mean):
    def extract(self, frame):
        return super().extract(frame) * [1.0, len(frame.values)]


class ScalesByType(Mean):
    def extract(self, frame):
        top = np.iinfo(frame.image.dtype).max if frame.image.dtype.kind in "iu" else 1
        return super().extract(frame) / top


class SumsInItsType(Mean):
    def extract(self, frame):
        return super().extract(frame) * 0 + frame.values.sum(dtype=frame.image.dtype)


class TwoOfOneName(Mean):
    def feature_names(self):
        return ["mean", "mean"]


class NamesByShape(Mean):
    shape = (1, 1)

    def feature_names(self):
        return ["mean", f"one of {self.shape}"]

    def extract(self, frame):
        self.shape = frame.shape
        return super().extract(frame)


class SinglePrecision(Mean):
    def extract(self, frame):
        return super().extract(frame).astype(np.float32)


class Remembers(Mean):
    last = 0.0

    def extract(self, frame):
        result = super().extract(frame)
        result[1], self.last = self.last, result[0]
        return result


class SharesABuffer(Mean):
    def extract(self, frame):
        self.buffer = super().extract(frame)
        time.sleep(0.001)
        return self.buffer


class LooksAtTheClock(Mean):
    def extract(self, frame):
        return np.array([super().extract(frame)[0], time.perf_counter()])


class NormalisesTheBatch(Mean):
    def transform(self, X):
        result = super().transform(X)
        return result / result.max(axis=0)


class ChangesItsArgument(Mean):
    def __init__(self, factor=1):
        self.factor = float(np.float64(factor)) + 0.5


class AnotherDefault(Mean):
    def __init__(self, factor=2):
        super().__init__(factor)


class MoreThanItsSpace(Mean):
    def __init__(self, factor=1, offset=0):
        super().__init__(factor)
        self.offset = offset


class SetAsParameter(Mean):
    def __init__(self, factor=1, sizes=frozenset({1})):
        super().__init__(factor)
        self.sizes = sizes


class FailsForSomeParameters(Mean):
    def extract(self, frame):
        if self.factor == 3:
            raise ValueError("3 is odd")
        return super().extract(frame)


class NeedsTwoRows(Mean):
    def extract(self, frame):
        np.diff(frame.image, axis=0)[0]
        return super().extract(frame)


class FillOfTheShape(Mean):
    def extract(self, frame):
        if frame.status == "masked":
            return np.full(2, frame.image.size, float)
        return super().extract(frame)


class AtomWithoutParameters(Mean):
    def atoms(self):
        return [{}]


class AtomsOutOfOrder(Mean):
    @classmethod
    def compute(cls, frame, atoms):
        return super().compute(frame, atoms)[::-1]


class Centre(Mean):
    """A fitted extractor without fault: distance from the mean of the training frames."""

    fitted = True
    ragged = False

    def extract(self, frame):
        return Extractor.extract(self, frame)

    @classmethod
    def compute(cls, frame, atoms):
        return [Mean(**atom).extract(frame) for atom in atoms]

    def fit_rows(self, rows, random_state=0):
        (values,) = rows.values()
        self.centre_ = values.mean(axis=0)
        return self

    def assemble(self, rows):
        if not hasattr(self, "centre_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("fit it")
        (values,) = rows.values()
        return np.asarray(values) - self.centre_

    def get_state(self):
        return {"centre": self.centre_}

    def set_state(self, state):
        self.centre_ = state["centre"]
        return self


class ForgetsItsState(Centre):
    def get_state(self):
        return {"centre": 0 * self.centre_}


class StateIsAnObject(Centre):
    def get_state(self):
        return {"centre": self.centre_.astype(object)}


class LearnsOn(Centre):
    seen = 0.0

    def fit_rows(self, rows, random_state=0):
        super().fit_rows(rows)
        self.seen = self.seen + self.centre_
        self.centre_ = self.seen
        return self


class WorksUnfitted(Centre):
    centre_ = 0.0


class LearnsFromTheLastSeed(Centre):
    def fit_rows(self, rows, random_state=0):
        super().fit_rows(rows)
        self.centre_ = self.centre_ + np.random.rand()  # noqa: NPY002
        return self


def test_a_fitted_extractor_without_fault_passes():
    report = testing.check_extractor(Centre, SPACE)
    assert not report.failed
    assert "it learns nothing" not in report.skipped.values()


EXTRACTOR_DEFECTS = [
    (LyingWidth, "it gives a finite vector of the width of its names"),
    (NotFinite, "it takes awkward frames"),
    (WidthOfTheImage, "it gives a finite vector of the width of its names"),
    (Writes, "it leaves its input as it is"),
    (DrawsFromNumpy, "it draws from no global generator"),
    (SeedsRandom, "it draws from no global generator"),
    (IgnoresMask, "a mask does not look like signal"),
    (CountsValidPixels, "a mask does not look like signal"),
    (ScalesByType, "it depends on values not on their type or layout"),
    (SumsInItsType, "it depends on values not on their type or layout"),
    (TwoOfOneName, "its names are unique texts"),
    (NamesByShape, "its names do not depend on frames"),
    (SinglePrecision, "it gives a finite vector of the width of its names"),
    (Remembers, "it gives the same twice"),
    (SharesABuffer, "it gives the same in threads"),
    (LooksAtTheClock, "it gives the same twice"),
    (NormalisesTheBatch, "it gives the same in any order and batch"),
    (ChangesItsArgument, "it can be cloned"),
    (AnotherDefault, "its parameters are those of its space"),
    (MoreThanItsSpace, "its parameters are those of its space"),
    (SetAsParameter, "its parameters fit into a config"),
    (FailsForSomeParameters, "every configuration of its space runs"),
    (NeedsTwoRows, "it takes awkward frames"),
    (FillOfTheShape, "a frame without a valid pixel gives one fill vector"),
    (AtomWithoutParameters, "its vector is assembled from stored atoms"),
    (AtomsOutOfOrder, "atoms of many configurations are those of each"),
    (ForgetsItsState, "its state survives storage"),
    (StateIsAnObject, "its state survives storage"),
    (LearnsOn, "one refit is like another"),
    (WorksUnfitted, "it needs no fit or refuses to go without"),
    (LearnsFromTheLastSeed, "it gives the same twice"),
]


@pytest.mark.parametrize(("defect", "check"), EXTRACTOR_DEFECTS)
def test_a_defect_of_an_extractor_is_found(defect, check):
    with pytest.raises(testing.BrokenContract) as caught:
        testing.check_extractor(defect, SPACE)
    assert check in caught.value.report.failed


class Shift(Preprocessor):
    """A preprocessor without fault: pixels less the lowest of the training frames."""

    def __init__(self, low="fit"):
        self.low = low

    @property
    def needs_fit(self):
        return self.low == "fit"

    def fitted_params(self, frames):
        return {"low": float(min(f.values.min() for f in frames if f.status == "ok"))}

    def apply(self, frame):
        return frame.replace(image=frame.image.astype(np.float64) - self.low)


SHIFT_SPACE = {"low": Choice("fit", 1.0)}


def test_a_preprocessor_without_fault_passes():
    assert not testing.check_preprocessor(Shift, SHIFT_SPACE).failed


class WritesIntoTheFrame(Shift):
    def apply(self, frame):
        frame.image.flags.writeable = True
        frame.image[:] = 0
        return super().apply(frame)


class Unmasks(Shift):
    def apply(self, frame):
        return super().apply(frame).replace(mask=None)


class RangeOfMaskedPixels(Shift):
    def apply(self, frame):
        return frame.replace(image=frame.image - float(frame.image.min()))


class DividesByTheSpread(Shift):
    def apply(self, frame):
        values = frame.image.astype(np.float64)
        with np.errstate(all="ignore"):
            return frame.replace(image=(values - values.mean()) / values.std())


class AddsNoise(Shift):
    def apply(self, frame):
        return frame.replace(image=frame.image + np.random.rand(*frame.shape))  # noqa: NPY002


class GivesAnArray(Shift):
    def apply(self, frame):
        return super().apply(frame).image


class LosesTheName(Shift):
    def apply(self, frame):
        return Frame(super().apply(frame).image, frame.mask)


class KeepsTheType(Shift):
    def apply(self, frame):
        return frame.replace(image=frame.image * frame.image.dtype.type(2))


class FollowsTheLastFrame(Shift):
    last = 0.0

    def apply(self, frame):
        last, self.last = self.last, float(frame.image.max())
        return frame.replace(image=frame.image + last)


class FitsItself(Shift):
    def fitted_params(self, frames):
        self.low = super().fitted_params(frames)["low"]
        return {"low": self.low}


class LearnsAnArray(Shift):
    def fitted_params(self, frames):
        return {"low": np.array([0.0])}


class NeedsContrast(Shift):
    def apply(self, frame):
        assert frame.image.max() > frame.image.min()
        return super().apply(frame)


PREPROCESSOR_DEFECTS = [
    (WritesIntoTheFrame, "it leaves its input as it is"),
    (Unmasks, "masked pixels stay masked"),
    (RangeOfMaskedPixels, "a mask does not look like signal"),
    (DividesByTheSpread, "it gives finite pixels"),
    (AddsNoise, "it draws from no global generator"),
    (GivesAnArray, "it gives frames"),
    (LosesTheName, "it gives frames"),
    (KeepsTheType, "it depends on values not on their type or layout"),
    (FollowsTheLastFrame, "it gives the same whatever came before"),
    (FitsItself, "what it learns fits into a config"),
    (LearnsAnArray, "what it learns fits into a config"),
    (NeedsContrast, "it takes awkward frames"),
]


@pytest.mark.parametrize(("defect", "check"), PREPROCESSOR_DEFECTS)
def test_a_defect_of_a_preprocessor_is_found(defect, check):
    with pytest.raises(testing.BrokenContract) as caught:
        testing.check_preprocessor(defect, SHIFT_SPACE)
    assert check in caught.value.report.failed


def classifier(factory, **options):
    options = {
        "takes": "vector", "multilabel": False, "class_weight": None, "budget": None,
        "fit_more": None, "trusted_types": (), "save": None, "load": None, **options,
    }  # fmt: skip
    return Entry("classifier", factory.__name__, factory, {}, 1, "test", options)


class NearestMean:
    """A classifier without fault, but for its storage."""

    def fit(self, X, y):
        self.means_ = np.stack([X[y == code].mean(axis=0) for code in np.unique(y)])
        return self

    def predict_proba(self, X):
        distance = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        nearness = np.exp(distance.min(axis=1, keepdims=True) - distance)
        return nearness / nearness.sum(axis=1, keepdims=True)


class Unseeded(NearestMean):
    def fit(self, X, y):
        return super().fit(X + np.random.default_rng().normal(size=X.shape), y)


class WritesIntoX(NearestMean):
    def fit(self, X, y):
        X -= X.mean(axis=0)
        return super().fit(X, y)


class Guesses(NearestMean):
    def predict_proba(self, X):
        return np.full((len(X), len(self.means_)), 1 / len(self.means_))


class CentresTheBatch(NearestMean):
    def predict_proba(self, X):
        return super().predict_proba(X - X.mean(axis=0))


class NegativeScores(NearestMean):
    def predict_proba(self, X):
        return super().predict_proba(X) * [2, *[-1] * (len(self.means_) - 1)]


class DrawsGlobally(NearestMean):
    def fit(self, X, y):
        np.random.shuffle(np.arange(3))  # noqa: NPY002
        return super().fit(X, y)


class Steps(NearestMean):
    """Means that come nearer to the rows with every round."""

    def __init__(self, rounds=9):
        self.rounds = rounds

    def fit(self, X, y):
        super().fit(X, y)
        self.means_ = self.means_ * (1 - 0.5**self.rounds)
        return self


def begins_anew(estimator, X, y, budget, checkpoint, *, sample_weight=None):
    done = int(checkpoint.read_text()) if checkpoint.exists() else 0
    checkpoint.write_text(str(budget))
    estimator.rounds = budget - done
    return estimator.fit(X, y)


def stepwise(fit_more):
    entry = classifier(Steps, budget="rounds", fit_more=fit_more)
    return replace(entry, params={"rounds": Choice(9)})


def save_an_object(estimator):
    return {"estimator": estimator}


CLASSIFIER_DEFECTS = [
    (classifier(Unseeded), "it gives the same twice"),
    (classifier(WritesIntoX), "it leaves its input as it is"),
    (classifier(Guesses), "it tells classes apart"),
    (classifier(CentresTheBatch), "it scores a row as in company"),
    (classifier(NegativeScores), "its scores are probabilities"),
    (classifier(DrawsGlobally), "it draws from no global generator"),
    (classifier(NearestMean, budget="rounds"), "its budget is a parameter"),
    (stepwise(begins_anew), "it goes on where it was left"),
    (classifier(NearestMean, class_weight="param"), "its class weights weigh"),
    (classifier(NearestMean, save=save_an_object, load=dict), "it survives storage"),
]


def test_of_a_sound_classifier_only_the_storage_is_missed():
    report = testing.check_classifier(classifier(NearestMean), skip=["it survives storage"])
    assert report.skipped["it survives storage"] == "left out by the caller"


@pytest.mark.parametrize(("defect", "check"), CLASSIFIER_DEFECTS)
def test_a_defect_of_a_classifier_is_found(defect, check):
    with pytest.raises(testing.BrokenContract) as caught:
        testing.check_classifier(defect)
    assert check in caught.value.report.failed


class Lines:
    """A reader without fault: `LINE`, two lengths, then a byte a pixel."""

    def understands(self, path, head):
        return head.startswith(b"LINE")

    def frames(self, path):
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UnreadableFrameError(path, None, "it is missing") from error
        if len(data) < 6 or not data.startswith(b"LINE") or len(data) != 6 + data[4] * data[5]:
            raise UnreadableFrameError(path, None, "it is cut")
        if data[4] * data[5] == 0:
            raise UnreadableFrameError(path, None, "it is empty")
        return [Frame(self.pixels(data), frame_id=path)]

    def pixels(self, data):
        return np.frombuffer(data, np.uint8, offset=6).reshape(data[4], data[5])

    def rows(self, path):
        return [{}]


class UnderstandsAll(Lines):
    def understands(self, path, head):
        return True


class FillsUp(Lines):
    def frames(self, path):
        data = Path(path).read_bytes()
        image = np.resize(np.frombuffer(data[6:] or b"0", np.uint8), (4, 5))
        return [Frame(image, frame_id=path)]


class RaisesAnything(Lines):
    def frames(self, path):
        return [Frame(self.pixels(Path(path).read_bytes()), frame_id=path)]


class SameName(Lines):
    def frames(self, path):
        return super().frames(path) * 2


class RowsOfItsOwn(Lines):
    def rows(self, path):
        return [{"colour": "red"}]


class ReadsOnce(Lines):
    def pixels(self, data):
        self.__class__.reads = getattr(self, "reads", 0) + 1
        return super().pixels(data) + np.uint8(self.reads)


READER_DEFECTS = [
    (UnderstandsAll, "it understands no other file"),
    (FillsUp, "a cut file is unreadable or whole"),
    (RaisesAnything, "a damaged file raises nothing else"),
    (SameName, "it gives frames with names of their own"),
    (RowsOfItsOwn, "its rows go with its frames"),
    (ReadsOnce, "it gives the same in any order"),
]


@pytest.fixture
def line_file(tmp_path):
    path = tmp_path / "a.line"
    path.write_bytes(b"LINE\x04\x05" + bytes(range(20)))
    return path


def test_a_reader_without_fault_passes(line_file):
    assert testing.check_reader(Lines, [line_file]).n_run == 11


@pytest.mark.parametrize("name", registry().names("reader"))
def test_every_registered_reader_leaves_other_files_alone(name):
    report = testing.check_reader(registry().get("reader", name))
    assert {*report.passed} == {
        "its import leaves no trace",
        "its import is light",
        "it understands no other file",
    }
    assert set(report.skipped.values()) == {"no good file was given"}


@pytest.mark.parametrize(("defect", "check"), READER_DEFECTS)
def test_a_defect_of_a_reader_is_found(defect, check, line_file):
    with pytest.raises(testing.BrokenContract) as caught:
        testing.check_reader(defect, [line_file])
    assert check in caught.value.report.failed


def test_a_broken_contract_names_every_failed_check():
    class Worst(LyingWidth, TwoOfOneName):
        def feature_names(self):
            return ["mean", "mean", "mean"]

    with pytest.raises(AssertionError, match=r"(?s)width of its names.*are unique texts"):
        testing.check_extractor(Worst, SPACE)


def test_an_instance_is_checked_with_its_own_parameters():
    with pytest.raises(testing.BrokenContract, match="3 is odd"):
        testing.check_extractor(FailsForSomeParameters(factor=3))


def test_to_skip_an_unknown_check_is_an_error():
    with pytest.raises(ValueError, match="skip names no checks"):
        testing.check_extractor(Mean, SPACE, skip=["it is nice"])


def test_the_process_elsewhere_ends_at_ctrl_c_without_a_word():
    code = (
        "import os, signal\n"
        "from featcls.testing.elsewhere import elsewhere\n"
        "elsewhere('math:sqrt', 9)\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "os.killpg(0, signal.SIGINT)\n"
    )
    line = [sys.executable, "-c", code]
    result = subprocess.run(line, capture_output=True, check=False, start_new_session=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
