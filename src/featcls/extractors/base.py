"""What every feature extractor is: a vector per frame, made of atoms that can be cached."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from featcls.config import dumps
from featcls.frame import Frame
from featcls.parameters import Parameters

Atom = dict[str, Any]
Vector = NDArray[np.float64]


class Ragged(NamedTuple):
    """Rows of varying number per frame: frame i owns `values[offsets[i]:offsets[i + 1]]`."""

    values: NDArray[Any]  # (m, w)
    offsets: NDArray[np.int64]  # (n + 1,)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> "Ragged":
        """Return the rows of the given frames, in that order."""
        parts = [self.values[self.offsets[i] : self.offsets[i + 1]] for i in indices]
        lengths = [len(part) for part in parts]
        values = np.concatenate(parts) if parts else self.values[:0]
        return Ragged(values, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))


Rows = NDArray[np.float64] | Ragged


class Extractor(Parameters):
    """`Frame -> float64 vector`; a scikit-learn transformer of sequences of frames.

    The width follows from the parameters alone, never from an image. A subclass writes
    `feature_names` and either `extract`, or the three `atoms`, `compute` and `assemble`: an
    atom is the smallest result that several configs share, as a JSON document that says all
    that its value depends on. A frame without a valid pixel gives the extractor's documented
    fill vector, never NaN.

    An extractor with `fitted = True` writes `fit_rows` (which sees rows of training frames
    only), `get_state` and `set_state`, and stores what it learns in attributes ending in `_`.
    """

    ragged = False  # atoms are arrays (m, w) with m varying from frame to frame
    fitted = False
    releases_gil = False  # while it computes, so that threads over frames gain; checked
    shared_pass = False  # many atoms cost little more than one, so all of a space are computed

    def feature_names(self) -> list[str]:
        """Names of the features, unique, in the order of the vector."""
        raise NotImplementedError

    def extract(self, frame: Frame) -> Vector:
        """Return the feature vector of one frame, (width,)."""
        return np.asarray(self.assemble(self._rows([frame]))[0])

    def atoms(self) -> list[Atom]:
        """Return the atoms this configuration is assembled from; default: the whole vector."""
        return [self.get_params()]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Compute atoms, of one or of many configurations, in one pass over a frame."""
        return [cls(**atom).extract(frame) for atom in atoms]

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Make feature vectors (n, width) of the rows of each atom, named by `atom_key`."""
        (only,) = rows.values()
        return np.asarray(only, np.float64)

    def fit_rows(self, rows: Mapping[str, Rows], random_state: int = 0) -> Self:
        """Learn from the atom rows of training frames; nothing by default."""
        return self

    def get_state(self) -> dict[str, Any]:
        """Return what was learned, as arrays and JSON values by name."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> Self:
        """Restore what `get_state` gave."""
        return self

    # scikit-learn's names for the same

    def fit(self, X: Iterable[Any], y: Any = None, random_state: int = 0) -> Self:
        """Fit on frames or images (rows, cols); does nothing unless `fitted`."""
        return self.fit_rows(self._rows(as_frames(X)), random_state) if self.fitted else self

    def transform(self, X: Iterable[Any]) -> Vector:
        """Return the feature vectors (n, width) of frames or images (rows, cols)."""
        frames = as_frames(X)
        if not frames:
            return np.empty((0, len(self.feature_names())))
        if not self.fitted and type(self).extract is not Extractor.extract:
            return np.stack([self.extract(frame) for frame in frames])
        return self.assemble(self._rows(frames))

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> Vector:
        """Fit, then transform the same frames."""
        frames = as_frames(X)
        return self.fit(frames, y).transform(frames)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return `feature_names` as scikit-learn wants them."""
        return np.asarray(self.feature_names(), dtype=object)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(two_d_array=False, three_d_array=True),
            requires_fit=self.fitted,
        )

    def _rows(self, frames: Sequence[Frame]) -> dict[str, Rows]:
        atoms = self.atoms()
        table = [self.compute(frame, atoms) for frame in frames]
        return {
            atom_key(atom): stack([row[k] for row in table], self.ragged)
            for k, atom in enumerate(atoms)
        }


def atom_key(atom: Atom) -> str:
    """Return the canonical text of an atom: its name among the rows.

    Examples
    --------
    >>> atom_key({"angle": 45.0, "distance": (1,)})
    '{"angle":45.0,"distance":[1]}'
    """
    return dumps(atom)


def stack(results: Sequence[NDArray[Any]], ragged: bool) -> Rows:
    """Put the results of one atom for successive frames together as rows."""
    if not ragged:
        return np.asarray(results, np.float64)
    lengths = [len(result) for result in results]
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    return Ragged(np.concatenate(results), offsets)


def as_frames(X: Iterable[Any]) -> list[Frame]:
    """Make frames of whatever holds images; frames stay as they are."""
    return [x if isinstance(x, Frame) else Frame(np.asarray(x)) for x in X]
