"""A fitted config as a manifest and members, and back: every part checked on the way in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers import npy
from featcls.classifiers.base import Trained, outputs
from featcls.config import canonical, dumps
from featcls.errors import ModelError
from featcls.extractors.base import Extractor
from featcls.model import estimator as estimators
from featcls.model import made_with
from featcls.pipeline import Fitted, branches, feature_names
from featcls.plugins import Registry

Members = dict[str, bytes]
Manifest = Mapping[str, Any]

# How far the scores of the kept rows may lie from those at saving, by the precision in which
# the classifier computes.
TOLERANCE = {"float64": 1e-9, "float32": 1e-6}


def dump(fitted: Fitted, registry: Registry) -> tuple[dict[str, Any], Members]:
    """Return the manifest and the members of a fitted config."""
    trained: Trained = fitted.estimator
    entry = registry.get("classifier", fitted.config["classifier"]["name"])
    members: Members = {}
    for i, part in enumerate(trained.parts):
        if part is not None:
            members |= under(f"classifier/{i}", estimators.dump(entry, part))
    if fitted.scaler is not None:
        scaler = {"mean": fitted.scaler.mean_, "scale": fitted.scaler.scale_}
        members |= under("scaler", npy.pack(scaler))
    states = []
    for i, extractor in enumerate(fitted.extractors):
        state = extractor.get_state()
        arrays = {name: v for name, v in state.items() if isinstance(v, np.ndarray)}
        members |= under(f"extractors/{i}", npy.pack(arrays))
        states.append({name: v for name, v in state.items() if name not in arrays})
    if trained.rows is not None:
        scaler, rows = fitted.scaler, trained.rows
        features = rows if scaler is None else scaler.inverse_transform(rows)
        golden = {"features": features, "scores": _outputs(fitted, features)}
        members |= under("golden", npy.pack(golden))
    manifest = {
        "config": fitted.config,
        "classes": list(fitted.classes),
        "multilabel": fitted.multilabel,
        "feature_names": list(fitted.feature_names),
        "codes": trained.codes,
        "extractors": states,
        "plugins": made_with.plugins(fitted.config, registry),
        "packages": made_with.packages(),
    }
    return manifest, members


def load(manifest: Manifest, members: Members, registry: Registry) -> Fitted:
    """Return the fitted config of a model file.

    Raises
    ------
    ModelError
        A plugin that is absent or computes other numbers than at saving; a part that is not
        what it must be; scores of the kept rows that are not reproduced.
    """
    made_with.check_plugins(manifest, registry)
    config = canonical(manifest["config"], registry.space_of)
    if dumps(config) != dumps(manifest["config"]):
        raise ModelError("its config is not in canonical form")
    classes, multilabel = manifest["classes"], manifest["multilabel"] is True
    if len(classes) < 1 or len(set(classes)) < len(classes) or set(map(type, classes)) != {str}:
        raise ModelError(f"its classes are {classes!r}")
    _check_codes(manifest["codes"], len(classes), multilabel)
    groups = _grouped(members)
    extractors = [branch.extractor for branch in branches(config, registry)]
    for i, (extractor, state) in enumerate(zip(extractors, manifest["extractors"], strict=True)):
        _restore(extractor, {**state, **_arrays(groups.pop(f"extractors/{i}", {}))})
    names = feature_names(config, extractors)
    if names != manifest["feature_names"]:
        raise ModelError("its feature names are not those of its extractors")
    scaler = None
    if config["scale"] == "standard" and names:
        scaler = _scaler(groups.pop("scaler", {}), len(names))
    golden = groups.pop("golden", {})
    trained = _trained(manifest, groups, registry)
    if groups:
        raise ModelError(f"it holds {min(groups)}, which nothing asks for")
    fitted = Fitted(config, tuple(classes), extractors, scaler, trained, multilabel, names)
    if registry.get("classifier", config["classifier"]["name"]).options["takes"] == "vector":
        fitted.estimator = _with_rows(fitted, golden)
    return fitted


def _trained(manifest: Manifest, groups: dict[str, Members], registry: Registry) -> Trained:
    step, codes = manifest["config"]["classifier"], manifest["codes"]
    entry = registry.get("classifier", step["name"])
    parts = [
        None
        if len(known) == 1
        else estimators.load(entry, groups.pop(f"classifier/{i}", {}), step["params"])
        for i, known in enumerate(codes)
    ]
    return Trained(parts, codes)


def _with_rows(fitted: Fitted, golden: Members) -> Trained:
    """Return the classifier with its kept rows, which it must score as it did at saving."""
    arrays = _arrays(golden)
    features, saved = arrays["features"], arrays["scores"]
    shape = (len(features), len(fitted.classes))
    if saved.shape != shape or len(features) < 1 or not np.isfinite(features).all():
        raise ModelError(
            f"its kept scores have shape {saved.shape}; wanted {shape}, a row or more"
        )
    scored = _outputs(fitted, features)
    gap = float(np.abs(scored - saved).max())
    if not gap <= TOLERANCE[scored.dtype.name]:
        raise ModelError(
            f"its classifier scores its kept rows otherwise than when it was saved, by {gap:.2g}",
            "install the package versions in its manifest, or refit it: featcls fit CONFIG DATA",
        )
    return Trained(fitted.estimator.parts, fitted.estimator.codes, fitted.scaled(features))


def _outputs(fitted: Fitted, features: NDArray[np.float64]) -> NDArray[Any]:
    rows = fitted.scaled(features)
    return outputs(fitted.estimator, rows, len(fitted.classes), fitted.multilabel)


def _restore(extractor: Extractor, state: Mapping[str, Any]) -> None:
    if extractor.fitted:
        extractor.set_state(state)
    elif state:
        raise ModelError(f"{extractor!r} learns nothing, and the file has {sorted(state)} for it")


def _scaler(members: Members, width: int) -> Any:
    from sklearn.preprocessing import StandardScaler

    arrays = npy.unpack(members, {"mean": ("<f8", 1), "scale": ("<f8", 1)})
    for name, array in arrays.items():
        if array.shape != (width,) or not np.isfinite(array).all():
            raise ModelError(f"its scaler's {name} is not {width} finite numbers")
    scaler = StandardScaler()
    scaler.mean_, scaler.scale_ = arrays["mean"], arrays["scale"]
    scaler.n_features_in_ = width
    return scaler


def _check_codes(codes: Sequence[Sequence[int]], n_classes: int, multilabel: bool) -> None:
    if multilabel and codes == [[]]:
        return
    allowed = range(2 if multilabel else n_classes)
    sane = len(codes) == (n_classes if multilabel else 1)
    sane = sane and all(known and sorted(set(known)) == known for known in codes)
    if not (sane and all(type(c) is int and c in allowed for known in codes for c in known)):
        raise ModelError(f"its class codes are {codes!r}")


def _arrays(members: Members) -> dict[str, NDArray[Any]]:
    return {name.removesuffix(".npy"): npy.load(data, name) for name, data in members.items()}


def under(folder: str, members: Mapping[str, bytes]) -> Members:
    """Return members under a folder."""
    return {f"{folder}/{name}": data for name, data in members.items()}


def _grouped(members: Members) -> dict[str, Members]:
    """Return the members by folder."""
    groups: dict[str, Members] = {}
    for path, data in members.items():
        folder, _, name = path.rpartition("/")
        groups.setdefault(folder, {})[name] = data
    return groups
