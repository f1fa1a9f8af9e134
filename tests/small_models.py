"""Small fitted models over the built-in plugins, and forged copies of their files."""

import hashlib
import json
import zipfile

import numpy as np

from featcls.classifiers.base import fit
from featcls.config import canonical, params_from_json
from featcls.frame import Frame
from featcls.pipeline import Fitted, apply, branches, feature_names, fit_chain, steps
from featcls.plugins import registry

CLASSES = ("blank", "weak", "good")
FAST = {"rf": {"n_estimators": 5}, "xgboost": {"n_estimators": 3}, "histgb": {"max_iter": 3}}


def make_frames(n=24, seed=0):
    """Frames of three classes in turn, ever brighter and rougher."""
    rng = np.random.default_rng(seed)
    images = [rng.poisson(4 + 12 * (i % 3), (16, 16)) * (1 + i % 3) for i in range(n)]
    return [Frame(image.astype(np.uint16), frame_id=f"run/{i}") for i, image in enumerate(images)]


def make_labels(n=24):
    return np.arange(n) % 3


def make_fitted(config, y=None, classes=CLASSES, plugins=None):
    """Fit a config to `make_frames` as a search would."""
    plugins = plugins or registry()
    y = make_labels() if y is None else y
    frames = make_frames(len(y))
    config = canonical(config, plugins.space_of)
    config["preprocess"] = fit_chain(config["preprocess"], frames, plugins)
    for item in config["extractors"]:
        item["preprocess"] = fit_chain(item["preprocess"], frames, plugins)
    extractors = []
    for branch in branches(config, plugins):
        chain = steps(branch.chain, plugins)
        extractors.append(branch.extractor.fit([apply(chain, frame) for frame in frames]))
    names = feature_names(config, extractors)
    fitted = Fitted(config, tuple(classes), extractors, None, None, y.ndim == 2, names)
    X = frames
    if names:
        X = fitted.features(frames, plugins)
        if config["scale"] == "standard":
            from sklearn.preprocessing import StandardScaler

            fitted.scaler = StandardScaler().fit(X)
        X = fitted.scaled(X)
    step = config["classifier"]
    entry = plugins.get("classifier", step["name"])
    fitted.estimator = fit(entry, params_from_json(step["params"]), X, y, classes=classes)
    return fitted


def make_config(classifier="rf", **more):
    """Intensity statistics behind a classifier."""
    step = {"name": classifier, "params": FAST.get(classifier, {})}
    return {"extractors": ["intensity"], "classifier": step, **more}


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(source, target, change, sign=True):
    """Write a model file with changed members, and with hashes that fit unless `sign` is off."""
    members = contents(source)
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    if sign:
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
        manifest["members"] = digests
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, data in members.items():
            archive.writestr(name, data)
    return target
