"""Everything in a model file: one fitted config or an ensemble, and what acts on its scores."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from featcls.config import dumps
from featcls.drift import reference as references
from featcls.drift.reference import Reference
from featcls.errors import ModelError
from featcls.model import calibrator as calibrators
from featcls.model import state
from featcls.model.calibrator import Calibrator
from featcls.model.state import Members, under
from featcls.model.vote import VOTES, combine
from featcls.operating_point import OperatingPoint, codes_of
from featcls.pipeline import Fitted
from featcls.plugins import Registry

MAX_MODELS = 100
CALIBRATION = "calibration"
DRIFT = "drift"
APART = (CALIBRATION, DRIFT)  # folders of members that are no pipeline's


@dataclass(frozen=True)
class Whole:
    """What a model computes.

    Attributes
    ----------
    models : tuple of Fitted
        One, or the members of an ensemble.
    vote : str
        How several come to one set of scores: a name in `VOTES`.
    hit_classes : tuple of str
        What counts as a hit in the vote `intersection`.
    calibrator : Calibrator, optional
    point : OperatingPoint, optional
        The threshold above which a frame is a hit.
    drift : Reference, optional
        What frames were like when it was made; no score depends on it.
    """

    models: tuple[Fitted, ...]
    vote: str = "soft"
    hit_classes: tuple[str, ...] = ()
    calibrator: Calibrator | None = None
    point: OperatingPoint | None = None
    drift: Reference | None = None

    def __post_init__(self) -> None:
        if self.vote not in VOTES or (self.vote == "intersection") != bool(self.hit_classes):
            raise ValueError(f"its vote is {self.vote!r} with hit classes {self.hit_classes!r}")
        if self.hit_classes:
            codes_of(self.hit_classes, self.models[0].classes)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features of all models, one behind another."""
        return tuple(
            f"{i}.{name}" if len(self.models) > 1 else name
            for i, fitted in enumerate(self.models)
            for name in fitted.feature_names
        )

    def scores(self, parts: Any) -> Any:
        """Return the scores (n, k) that come of each member's."""
        first = self.models[0]
        found = parts[0]
        if len(parts) > 1:
            hits = codes_of(self.hit_classes, first.classes) if self.hit_classes else []
            found = combine(parts, self.vote, hits, first.multilabel)
        return found if self.calibrator is None else self.calibrator(found, first.multilabel)


def dump(whole: Whole, registry: Registry) -> tuple[dict[str, Any], Members]:
    """Return the manifest and the members of a model file."""
    members: Members = {}
    if len(whole.models) == 1:
        manifest, members = state.dump(whole.models[0], registry)
    else:
        documents = []
        for i, fitted in enumerate(whole.models):
            document, own = state.dump(fitted, registry)
            documents.append(document)
            members |= under(f"models/{i}", own)
        manifest = {
            "models": documents,
            "vote": whole.vote,
            "hit_classes": list(whole.hit_classes),
        }
    if whole.calibrator is not None:
        manifest[CALIBRATION] = whole.calibrator.method
        members |= under(CALIBRATION, whole.calibrator.dump())
    if whole.point is not None:
        manifest["operating_point"] = {
            **whole.point.document(),
            "fingerprint": fingerprint(manifest, members),
        }
    if whole.drift is not None:
        manifest[DRIFT], own = whole.drift.dump()
        members |= under(DRIFT, own)
    return manifest, members


def load(manifest: Mapping[str, Any], members: Members, registry: Registry) -> Whole:
    """Return what a model file holds.

    Raises
    ------
    ModelError
        A part is not what it must be, or the operating point was set for another fit.
    """
    own = {name: data for name, data in members.items() if name.split("/")[0] not in APART}
    if "models" in manifest:
        models = _ensemble(manifest["models"], own, registry)
    else:
        models = (state.load(manifest, own, registry),)
    first = models[0]
    calibrator = None
    if method := manifest.get(CALIBRATION):
        parts = _taken(members, CALIBRATION)
        calibrator = calibrators.load(method, parts, len(first.classes))
    for folder in APART:
        if folder not in manifest and _taken(members, folder):
            raise ModelError(f"it holds a {folder}, which nothing asks for")
    point = None
    if document := dict(manifest.get("operating_point") or {}):
        if document.pop("fingerprint") != fingerprint(manifest, members):
            raise ModelError("its operating point was set for another fit", "set it anew")
        point = OperatingPoint.of(document)
        codes_of(point.hit_classes, first.classes)
    hits = tuple(manifest.get("hit_classes", ()))
    vote = manifest.get("vote", "soft")
    whole = Whole(models, vote, hits, calibrator, point)
    if told := manifest.get(DRIFT):
        sizes = len(first.classes), len(whole.feature_names)
        whole = replace(whole, drift=references.load(told, _taken(members, DRIFT), *sizes))
    return whole


def fingerprint(manifest: Mapping[str, Any], members: Members) -> str:
    """Name all that decides a model's scores: its parts, but not where it comes from."""
    ignored = ("info", "operating_point", "packages", "members", "format", DRIFT)
    told = {key: value for key, value in manifest.items() if key not in ignored}
    if "models" in told:
        told["models"] = [{**model, "packages": None} for model in told["models"]]
    parts = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in members.items()
        if "golden/" not in name and not _is_in(DRIFT, name)
    }
    return hashlib.sha256(dumps([told, parts]).encode()).hexdigest()[:16]


def _ensemble(documents: Any, members: Members, registry: Registry) -> tuple[Fitted, ...]:
    if not 2 <= len(documents) <= MAX_MODELS:
        raise ModelError(f"it is an ensemble of {len(documents)}")
    folders = [f"models/{i}" for i in range(len(documents))]
    for name in members:
        if not any(_is_in(folder, name) for folder in folders):
            raise ModelError(f"it holds {name}, which nothing asks for")
    models = tuple(
        state.load(document, _taken(members, folder), registry)
        for document, folder in zip(documents, folders, strict=True)
    )
    if len({(fitted.classes, fitted.multilabel) for fitted in models}) > 1:
        raise ModelError("its members know different classes")
    return models


def _is_in(folder: str, name: str) -> bool:
    return name.startswith(f"{folder}/")


def _taken(members: Members, folder: str) -> Members:
    """Return the members of a folder by their names inside it."""
    size = len(folder) + 1
    return {name[size:]: data for name, data in members.items() if _is_in(folder, name)}
