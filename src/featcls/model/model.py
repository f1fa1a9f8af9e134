"""A model: frames in, labels, scores or rows out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.base import scores
from featcls.config import Config, config_id
from featcls.errors import ModelError, UsageError
from featcls.extractors.base import as_frames
from featcls.model import container, whole
from featcls.model.rows import Rows
from featcls.model.whole import Whole
from featcls.operating_point import hit_scores
from featcls.pipeline import Chained, Fitted, steps
from featcls.plugins import Registry, registry

Scores = NDArray[np.float64]


class Model:
    """A fitted pipeline, or an ensemble of some, with what is known of its origin.

    Parameters
    ----------
    fitted : Fitted or Whole
        Its `estimator` is what `featcls.classifiers.base.fit` returned; or several, with what
        acts on their scores.
    info : mapping
        JSON values: where the model comes from.
    plugins : Registry, optional
        Where the pipeline's steps are looked up; all installed plugins by default.

    Attributes
    ----------
    whole : Whole
        All that is fitted: `models`, `vote`, `calibrator`, `point`.

    Examples
    --------
    >>> model = Model.load("model.featcls")             # doctest: +SKIP
    >>> model.predict([np.zeros((512, 512))])           # doctest: +SKIP
    array(['blank'], dtype='<U10')
    """

    def __init__(
        self, fitted: Fitted | Whole, info: Mapping[str, Any], plugins: Registry | None = None
    ) -> None:
        self.whole = fitted if isinstance(fitted, Whole) else Whole((fitted,))
        self.info = dict(info)
        self.plugins = registry() if plugins is None else plugins

    @classmethod
    def load(cls, path: str | PathLike[str], plugins: Registry | None = None) -> Self:
        """Open a model file. No code in it is run, whatever it holds.

        Raises
        ------
        ModelError
            The file is absent, damaged, forged, or made with other plugins than the installed.
        """
        plugins = registry() if plugins is None else plugins
        manifest, members = container.read(Path(path))
        try:
            return cls(whole.load(manifest, members, plugins), manifest["info"], plugins)
        except ModelError as error:
            raise ModelError(f"cannot use {path}: {error.message}", error.remedy) from error
        except Exception as error:
            # A forged part can make any library raise anything; none of it is a model.
            raise ModelError(f"{path} is not a model that featcls wrote: {error!r}") from error

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model file, whole or not at all."""
        manifest, members = whole.dump(self.whole, self.plugins)
        container.write(Path(path), {**manifest, "info": self.info}, members)

    @property
    def fitted(self) -> Fitted:
        """The one fitted config; ModelError for an ensemble."""
        if len(self.whole.models) > 1:
            raise ModelError(
                f"it is an ensemble of {len(self.whole.models)} pipelines",
                "give a model of one pipeline",
            )
        return self.whole.models[0]

    @property
    def config(self) -> Config:
        """The canonical config, with what its steps learned; ModelError for an ensemble."""
        return self.fitted.config

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; columns of scores are in this order."""
        return self.whole.models[0].classes

    @property
    def multilabel(self) -> bool:
        """True where a frame can have several labels."""
        return self.whole.models[0].multilabel

    @property
    def feature_names(self) -> list[str]:
        """Names of the features that the classifier sees; empty where it takes frames."""
        return self.fitted.feature_names

    @property
    def fingerprint(self) -> str:
        """Names all that decides the scores; another fit has another."""
        return whole.fingerprint(*whole.dump(self.whole, self.plugins))

    def predict_scores(self, frames: Iterable[Any]) -> Scores:
        """Return a score for each frame and class, (n, k).

        Parameters
        ----------
        frames : iterable of Frame or of (rows, cols) array
        """
        return self.scores_and_features(frames)[0]

    def scores_and_features(self, frames: Iterable[Any]) -> tuple[Scores, Scores]:
        """Return scores (n, k), and the unscaled features (n, width) of all pipelines."""
        batch = as_frames(frames)
        if not batch:
            width = len(self.whole.feature_names)
            return np.empty((0, len(self.classes))), np.empty((0, width))
        features = [fitted.features(batch, self.plugins) for fitted in self.whole.models]
        found = [
            self._scores(fitted, batch, own)
            for fitted, own in zip(self.whole.models, features, strict=True)
        ]
        return np.asarray(self.whole.scores(found)), np.hstack(features)

    def _scores(self, fitted: Fitted, batch: Sequence[Any], features: Scores) -> Scores:
        entry = self.plugins.get("classifier", fitted.config["classifier"]["name"])
        if entry.options["takes"] == "frame":
            chain = steps(fitted.config["preprocess"], self.plugins)
            X: Any = Chained(batch, chain)
        else:
            X = fitted.scaled(features)
        return scores(fitted.estimator, X, len(fitted.classes), fitted.multilabel)

    def are_hits(self, found: Scores) -> NDArray[np.bool_]:
        """Say which frames are hits at the operating point, (n,), by their scores (n, k).

        Raises
        ------
        ModelError
            The model has none.
        """
        point = self.whole.point
        if point is None:
            raise ModelError("the model has no operating point", "fit it with --max-lost-hits")
        own = hit_scores(found, self.classes, point.hit_classes, self.multilabel)
        return np.asarray(own >= point.threshold)

    def predict(self, frames: Iterable[Any]) -> NDArray[Any]:
        """Return the class name of each frame, (n,); with several labels 0 and 1, (n, k)."""
        found = self.predict_scores(frames)
        if self.multilabel:
            return (found >= 0.5).astype(np.uint8)
        return np.asarray(np.array(self.classes)[found.argmax(axis=1)])

    def predict_rows(
        self, frames: Any, batch: int = 32, n_threads: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Yield a row for each frame, in order; frames are read as rows are asked for.

        Parameters
        ----------
        frames : Dataset, sequence or iterable of Frame
            Where reading one raises `UnreadableFrameError`, its row says so and the rest goes
            on. An iterable may also yield such an error in a frame's place.
        batch : int
            Frames scored at once.
        n_threads : int
            Threads that score batches, which may then be up to four a thread ahead; with 0 each
            is scored when its first row is asked for.

        Yields
        ------
        dict
            `frame_id`; `label` (names with `;` between where there are several); `hit`, where
            the model has an operating point; `p_<class>`, the score of each class; `status`:
            `ok`, `masked` (no pixel counts: the scores are those of an empty frame) or
            `unreadable`; `ms`, milliseconds this frame took to score, as its share of the
            batch. Label, hit and scores are None where unreadable.
        """
        return self.rows()(frames, batch, n_threads)

    def rows(
        self, hits: Callable[[Scores], NDArray[np.bool_]] | None = None, least: float = 0.0
    ) -> Rows:
        """Return what makes rows, with `hit` as `hits` says or else the operating point.

        Where the best score is below `least` a row has no label.
        """
        if least and self.multilabel:
            raise UsageError("a model of several labels cannot abstain", "leave --abstain out")
        if hits is None and self.whole.point:
            hits = self.are_hits
        return Rows(self.predict_scores, self.classes, self.multilabel, hits, least)

    def pipeline(self) -> Any:
        """Return the model as a fitted scikit-learn Pipeline of frames or images.

        Its `predict_proba` gives what `predict_scores` gives. It can be cloned and fitted anew
        to frames and class names; the ranges that its steps learned stay.

        Raises
        ------
        ModelError
            The model is an ensemble.

        Examples
        --------
        >>> pipeline = Model.load("model.featcls").pipeline()   # doctest: +SKIP
        >>> pipeline.predict_proba(images)                      # doctest: +SKIP
        """
        from featcls.model.export import as_pipeline

        return as_pipeline(self.fitted, self.whole.calibrator, self.plugins)

    def summary(self) -> str:
        """Say what the model is, in a few lines."""
        kind = "labels" if self.multilabel else "classes"
        lines = [_described(fitted) for fitted in self.whole.models]
        if len(lines) > 1:
            lines = [f"ensemble of {len(lines)}, vote {self.whole.vote}", *lines]
        lines.append(f"{len(self.classes)} {kind}: {', '.join(self.classes)}")
        if self.whole.calibrator is not None:
            lines.append(f"scores calibrated: {self.whole.calibrator.method}")
        if self.whole.point is not None:
            lines.append(self.whole.point.words())
        if self.whole.drift is not None:
            lines.append(f"drift: compared with {self.whole.drift.counts[-1]} frames")
        return "\n".join([*lines, *(f"{key}: {value}" for key, value in self.info.items())])


def _described(fitted: Fitted) -> str:
    config = fitted.config
    chain: Sequence[str] = [step["name"] for step in config["preprocess"]]
    parts = [*chain, " + ".join(item["name"] for item in config["extractors"])]
    parts += [config["classifier"]["name"]]
    return (
        f"{' -> '.join(part for part in parts if part)}, {len(fitted.feature_names)} features, "
        f"scale {config['scale']}, config {config_id(config)}"
    )
