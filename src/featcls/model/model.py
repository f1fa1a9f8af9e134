"""A model: frames in, labels, scores or rows out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.base import scores
from featcls.config import Config, config_id
from featcls.errors import ModelError
from featcls.extractors.base import as_frames
from featcls.model import container, state
from featcls.model.rows import Rows
from featcls.pipeline import Fitted, apply, steps
from featcls.plugins import Registry, registry

Scores = NDArray[np.float64]


class Model:
    """A fitted pipeline with what is known of its origin.

    Parameters
    ----------
    fitted : Fitted
        Its `estimator` is what `featcls.classifiers.base.fit` returned.
    info : mapping
        JSON values: where the model comes from.
    plugins : Registry, optional
        Where the pipeline's steps are looked up; all installed plugins by default.

    Examples
    --------
    >>> model = Model.load("model.featcls")             # doctest: +SKIP
    >>> model.predict([np.zeros((512, 512))])           # doctest: +SKIP
    array(['blank'], dtype='<U10')
    """

    def __init__(
        self, fitted: Fitted, info: Mapping[str, Any], plugins: Registry | None = None
    ) -> None:
        self.fitted = fitted
        self.info = dict(info)
        self.plugins = registry() if plugins is None else plugins
        self._entry = self.plugins.get("classifier", fitted.config["classifier"]["name"])

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
            fitted = state.load(manifest, members, plugins)
            return cls(fitted, manifest["info"], plugins)
        except ModelError as error:
            raise ModelError(f"cannot use {path}: {error.message}", error.remedy) from error
        except Exception as error:
            # A forged part can make any library raise anything; none of it is a model.
            raise ModelError(f"{path} is not a model that featcls wrote: {error!r}") from error

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model file, whole or not at all."""
        manifest, members = state.dump(self.fitted, self.plugins)
        container.write(Path(path), {**manifest, "info": self.info}, members)

    @property
    def config(self) -> Config:
        """The canonical config, with what its steps learned."""
        return self.fitted.config

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; columns of scores are in this order."""
        return self.fitted.classes

    @property
    def feature_names(self) -> list[str]:
        """Names of the features that the classifier sees; empty where it takes frames."""
        return self.fitted.feature_names

    def predict_scores(self, frames: Iterable[Any]) -> Scores:
        """Return a score for each frame and class, (n, k).

        Parameters
        ----------
        frames : iterable of Frame or of (rows, cols) array
        """
        batch = as_frames(frames)
        if not batch:
            return np.empty((0, len(self.classes)))
        if self._entry.options["takes"] == "frame":
            chain = steps(self.config["preprocess"], self.plugins)
            X: Any = [apply(chain, frame) for frame in batch]
        else:
            X = self.fitted.scaled(self.fitted.features(batch, self.plugins))
        return scores(self.fitted.estimator, X, len(self.classes), self.fitted.multilabel)

    def predict(self, frames: Iterable[Any]) -> NDArray[Any]:
        """Return the class name of each frame, (n,); with several labels 0 and 1, (n, k)."""
        found = self.predict_scores(frames)
        if self.fitted.multilabel:
            return (found >= 0.5).astype(np.uint8)
        return np.asarray(np.array(self.classes)[found.argmax(axis=1)])

    def predict_rows(self, frames: Any, batch: int = 32) -> Iterator[dict[str, Any]]:
        """Yield a row for each frame, in order; frames are read as rows are asked for.

        Parameters
        ----------
        frames : Dataset, sequence or iterable of Frame
            Where reading one raises `UnreadableFrameError`, its row says so and the rest goes
            on. An iterable may also yield such an error in a frame's place.
        batch : int
            Frames scored at once.

        Yields
        ------
        dict
            `frame_id`; `label` (names with `;` between where there are several); `p_<class>`,
            the score of each class; `status`: `ok`, `masked` (no pixel counts: the scores are
            those of an empty frame) or `unreadable`; `ms`, milliseconds this frame took to
            score, as its share of the batch. Label and scores are None where unreadable.
        """
        return Rows(self.predict_scores, self.classes, self.fitted.multilabel)(frames, batch)

    def summary(self) -> str:
        """Say what the model is, in a few lines."""
        config = self.config
        chain: Sequence[str] = [step["name"] for step in config["preprocess"]]
        parts = [*chain, " + ".join(item["name"] for item in config["extractors"])]
        parts += [config["classifier"]["name"]]
        kind = "labels" if self.fitted.multilabel else "classes"
        lines = [
            " -> ".join(part for part in parts if part),
            f"{len(self.classes)} {kind}: {', '.join(self.classes)}",
            f"{len(self.feature_names)} features, scale {config['scale']}",
            f"config {config_id(config)}",
        ]
        return "\n".join([*lines, *(f"{key}: {value}" for key, value in self.info.items())])
