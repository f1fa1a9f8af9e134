"""Models with networks in files, and files that are not what they say."""

import json

import numpy as np
import pytest
from featcls_torch import storage
from featcls_torch.estimator import Network
from patterns import spotted

from featcls.classifiers.base import fit
from featcls.config import canonical, params_from_json
from featcls.errors import ModelError
from featcls.model import Model
from featcls.pipeline import Fitted
from featcls.plugins import registry

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)


@pytest.fixture(scope="module")
def plugins():
    return registry(MODULES)


@pytest.fixture(scope="module")
def fitted():
    X, y = spotted(24)
    params = {"epochs": 3, "batch_size": 8, "inputs": "unit", "keep": 2}
    return Network("ke", 0, **params).fit(X, y)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ke", {"inputs": "unit", "keep": 2}),
        ("deepfreak", {"filters": 4}),
        ("airynet", {"filters": 4, "mask_channel": True}),
        ("darknet", {"filters": 4, "head": "yolo", "depth": 53}),
    ],
)
def test_a_model_file_with_a_network_scores_as_before(name, params, plugins, tmp_path):
    X, y = spotted(24)
    step = {"name": name, "params": {**params, "epochs": 2, "batch_size": 8}}
    config = canonical({"classifier": step}, plugins.space_of)
    entry = plugins.get("classifier", name)
    classes = ("none", "few", "many")
    own = params_from_json(config["classifier"]["params"])
    trained = fit(entry, own, X, y, classes=classes)
    model = Model(Fitted(config, classes, [], None, trained), {}, plugins)
    before = model.predict_scores(X)
    model.save(tmp_path / "model.featcls")
    again = Model.load(tmp_path / "model.featcls", plugins)
    np.testing.assert_allclose(again.predict_scores(X), before, rtol=0, atol=1e-6)
    rows = list(again.predict_rows(X))
    assert [row["status"] for row in rows] == ["ok"] * 24


def forged(fitted, **changes):
    members = storage.save(fitted)
    stated = json.loads(members[storage.DESCRIPTION])
    return {**members, storage.DESCRIPTION: json.dumps({**stated, **changes}).encode()}


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [48, 49]},
        {"shape": [720, 720]},
        {"shape": [-1, 48]},
        {"shape": [10**9, 10**9]},
        {"shape": 3},
        {"outputs": 4},
        {"outputs": 10**12},
        {"outputs": True},
        {"stages": 1},
        {"stages": 3},
    ],
)
def test_a_description_of_another_network_is_refused(fitted, changes):
    with pytest.raises(ModelError):
        storage.load("ke", forged(fitted, **changes), fitted.params)


def test_damaged_weights_are_refused(fitted):
    members = storage.save(fitted)
    data = members[storage.WEIGHTS]
    rng = np.random.default_rng(0)
    for size in (0, 7, 100, len(data) - 1):
        with pytest.raises(ModelError):
            storage.load("ke", {**members, storage.WEIGHTS: data[:size]}, fitted.params)
    for _ in range(50):
        header = bytearray(data)
        header[rng.integers(0, 600)] = rng.integers(0, 256)
        try:
            storage.load("ke", {**members, storage.WEIGHTS: bytes(header)}, fitted.params)
        except ModelError:
            continue
    with pytest.raises(ModelError, match="members are"):
        storage.load("ke", {"weights.pkl": b""}, fitted.params)


def test_weights_that_are_not_finite_are_refused(fitted):
    stage = fitted.stages_[0]
    kept = stage["classify.bias"].clone()
    stage["classify.bias"][0] = float("nan")
    members = storage.save(fitted)
    stage["classify.bias"].copy_(kept)
    with pytest.raises(ModelError, match=r"classify\.bias is not finite"):
        storage.load("ke", members, fitted.params)


def test_a_file_without_safetensors_has_no_pickle_in_it(fitted):
    for data in storage.save(fitted).values():
        assert not data.startswith((b"\x80", b"PK"))
