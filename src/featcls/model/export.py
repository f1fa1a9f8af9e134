"""A model as a scikit-learn Pipeline: frames to features, scaler, classifier.

The steps follow scikit-learn's protocol without inheriting from it, as it is heavy to import.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.base import Trained, fit, scores
from featcls.config import params_from_json
from featcls.extractors.base import Extractor, as_frames
from featcls.parameters import Parameters
from featcls.pipeline import Chained, Fitted, apply, branches, steps
from featcls.plugins import Registry, registry
from featcls.preprocess.base import Preprocessor

Scores = NDArray[np.float64]
Labels = NDArray[Any]


class FrameFeatures(Parameters):
    """Frames or images (rows, cols) to feature vectors (n, width).

    Parameters
    ----------
    parts : sequence of (sequence of Preprocessor, Extractor)
        Each extractor behind its chain; their vectors are concatenated.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from featcls.extractors.intensity import Intensity
    >>> dark, bright = np.zeros((4, 4)), np.full((4, 4), 9.0)
    >>> nearest = FrameClassifier("knn", {"n_neighbors": 1, "weights": "uniform"})
    >>> pipeline = make_pipeline(FrameFeatures([((), Intensity())]), nearest)
    >>> pipeline.fit([dark, bright], ["dark", "bright"]).predict([bright + 1]).tolist()
    ['bright']
    """

    def __init__(self, parts: Sequence[tuple[Sequence[Preprocessor], Extractor]]) -> None:
        self.parts = parts

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Let the extractors learn what they learn from frames."""
        from sklearn.base import clone

        frames = as_frames(X)
        self.extractors_ = [
            clone(extractor).fit([apply(chain, frame) for frame in frames])
            for chain, extractor in self.parts
        ]
        return self

    def transform(self, X: Iterable[Any]) -> Scores:
        """Return the unscaled feature vectors."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        frames = as_frames(X)
        return np.hstack(
            [
                extractor.transform([apply(chain, frame) for frame in frames])
                for (chain, _), extractor in zip(self.parts, self.extractors_, strict=True)
            ]
        )

    def __sklearn_tags__(self) -> Any:
        return _tags()


class FrameChain(Parameters):
    """Frames or images (rows, cols) to frames, for a classifier that takes these.

    Parameters
    ----------
    chain : sequence of Preprocessor
    """

    def __init__(self, chain: Sequence[Preprocessor]) -> None:
        self.chain = chain

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Learn nothing."""
        return self

    def transform(self, X: Iterable[Any]) -> Chained:
        """Return the frames, each sent through the chain when it is asked for."""
        return Chained(as_frames(X), self.chain)

    def __sklearn_tags__(self) -> Any:
        return _tags()


class FrameClassifier(Parameters):
    """A registered classifier, with the scores of `Model.predict_scores` as probabilities.

    Parameters
    ----------
    name : str
        As it is registered.
    params : mapping
        Its parameters as in a canonical config.
    random_state : int

    Attributes
    ----------
    classes_ : (k,) str array
        The columns of `predict_proba`, in the order of the model.
    """

    def __init__(self, name: str, params: Mapping[str, Any], random_state: int = 0) -> None:
        self.name = name
        self.params = params
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to class names (n,), or to labels (n, k) of 0 and 1."""
        entry, params = registry().get("classifier", self.name), params_from_json(self.params)
        y = np.asarray(y)
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            self.classes_, codes = np.arange(y.shape[1]).astype(str), y.astype(np.uint8)
        else:
            self.classes_, codes = np.unique(y, return_inverse=True)
        names, seed = list(map(str, self.classes_)), self.random_state
        self.trained_: Trained = fit(entry, params, X, codes, classes=names, random_state=seed)
        self.calibrator_: Callable[..., Scores] | None = None
        return self

    def predict_proba(self, X: Any) -> Scores:
        """Return a score for each row and class, (n, k)."""
        found = scores(self.trained_, X, len(self.classes_), self.multilabel_)
        return found if self.calibrator_ is None else self.calibrator_(found, self.multilabel_)

    def predict(self, X: Any) -> Labels:
        """Return the class of each row, (n,); with several labels 0 and 1, (n, k)."""
        found = self.predict_proba(X)
        if self.multilabel_:
            return (found >= 0.5).astype(np.uint8)
        return np.asarray(self.classes_[found.argmax(axis=1)])

    def score(self, X: Any, y: Any) -> float:
        """Return the share of rows with all labels right."""
        right = self.predict(X) == np.asarray(y)
        return float(np.mean(right.all(axis=1) if self.multilabel_ else right))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags

        tags = _tags()
        tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        tags.target_tags.required = True
        return tags


def as_pipeline(fitted: Fitted, calibrator: Any, plugins: Registry) -> Any:
    """Return a fitted config as a scikit-learn Pipeline, fitted."""
    from sklearn.pipeline import Pipeline

    classifier = FrameClassifier(**fitted.config["classifier"])
    classifier.classes_ = np.array(fitted.classes)
    classifier.multilabel_ = fitted.multilabel
    classifier.trained_ = fitted.estimator
    classifier.calibrator_ = calibrator
    if not fitted.extractors:
        chain = FrameChain(steps(fitted.config["preprocess"], plugins))
        return Pipeline([("frames", chain), ("classifier", classifier)])
    chains = [steps(branch.chain, plugins) for branch in branches(fitted.config, plugins)]
    features = FrameFeatures(list(zip(chains, fitted.extractors, strict=True)))
    features.extractors_ = fitted.extractors
    scaler = fitted.scaler or "passthrough"
    return Pipeline([("features", features), ("scaler", scaler), ("classifier", classifier)])


def _tags() -> Any:
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type=None,
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(),
        input_tags=InputTags(two_d_array=False, three_d_array=True),
    )
