"""What featcls sees of the plugin: the contract, the spaces, a search, and torch not there."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from patterns import spotted

from featcls.plugins import registry
from featcls.search.document import load_space
from featcls.spaces import Choice
from featcls.testing import check_classifier

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)


def entry(name, **fixed):
    """Return a classifier with some of its parameters fixed."""
    found = registry(MODULES).get("classifier", name)
    return dataclasses.replace(
        found, params={**found.params, **{key: Choice(value) for key, value in fixed.items()}}
    )


ADAM = {"inputs": "train", "optimizer": "adam"}
SMALL = {
    "ke": {"epochs": 8, "decay_epochs": 8},
    "airynet": {"filters": 4, "depth": 18, "epochs": 6, "decay_epochs": 6},
    "darknet": {"filters": 2, "lr": 0.01, "depth": 19, "epochs": 12, **ADAM},
}
# Checks of what all networks share, made with the quick two alone.
SHARED = [
    "it gives the same twice",
    "it gives the same at any number of threads",
    "it draws from no global generator",
    "its class weights weigh",
    "every configuration of its space runs",
]
SKIPPED = {"darknet": SHARED}


@pytest.mark.parametrize("name", SMALL)
def test_a_network_keeps_the_contract_of_classifiers(name):
    report = check_classifier(entry(name, **SMALL[name]), samples=1, skip=SKIPPED.get(name, ()))
    assert report.n_run >= 6


def test_deepfreak_scores_a_frame_as_in_company():
    from featcls_torch.estimator import Network

    X, y = spotted(12)
    fitted = Network("deepfreak", filters=4, epochs=2, lr=0.01).fit(X, y)
    alone = np.concatenate([fitted.predict_proba(X[k : k + 1]) for k in range(12)])
    np.testing.assert_array_equal(alone, fitted.predict_proba(X))


SPACES = ["ke", "ke-paper", "deepfreak", "deepfreak-paper", "airynet", "airynet-paper"]


@pytest.mark.parametrize("name", [*SPACES, "darknet-paper"])
def test_a_shipped_space_holds_its_network(name):
    space = load_space(name, registry(MODULES), ["hit", "miss"])
    assert [step.name for step in space.classifiers] == [name.removesuffix("-paper")]
    if name.endswith("-paper"):
        (step,) = space.classifiers
        for key, param in step.params.items():
            assert len(param.options() or []) == 1, f"{key} is not fixed"


def test_the_space_of_deepfreak_is_table_10_with_the_batches_that_won():
    (step,) = load_space("deepfreak", registry(MODULES), ["hit", "miss"]).classifiers
    params = step.params
    assert sorted(params["topology"].options()) == list(range(1, 14))
    assert sorted(params["batch_size"].options()) == [1, 2, 4, 8, 16, 32, 64]
    ranges = {key: (params[key].low, params[key].high) for key in ("lr", "momentum")}
    assert ranges == {"lr": (1e-4, 10.0), "momentum": (0.5, 1.0)}
    assert (params["weight_decay"].low, params["weight_decay"].high) == (1e-5, 5e-5)
    assert params["epochs"].default == 50


def test_the_space_all_holds_every_network():
    names = {step.name for step in load_space("all", registry(MODULES)).classifiers}
    assert names >= {"ke", "deepfreak", "airynet", "darknet"}


SPACE = """
first = [["glcm", "rf"]]
[[extractor]]
name = "glcm"
distances = [[1, 2]]
angles = [0.0, 90.0]
[[extractor.preprocess]]
name = "quantise"
[[classifier]]
name = "rf"
n_estimators = 20
[[classifier]]
name = "ke"
epochs = 4
decay_epochs = 4
batch_size = 8
"""


def test_a_network_and_texture_compete_in_one_search(tmp_path):
    frames, codes = spotted(45, side=40)
    labels = np.array(["none", "few", "many"])[codes]
    np.savez(tmp_path / "data.npz", images=np.stack([f.image for f in frames]), labels=labels)
    (tmp_path / "space.toml").write_text(SPACE)
    options = ["--space", "space.toml", "--max-evals", "8", "--backend", "serial", "--out", "run"]
    more = [option for name in MODULES for option in ("--plugin", name)]
    done = subprocess.run(
        [sys.executable, "-m", "featcls.cli", "search", "data.npz", *options, *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    import sqlite3

    with sqlite3.connect(tmp_path / "run" / "trials.sqlite") as store:
        rows = store.execute(
            "select config, state from trials where kind != 'baseline'"
        ).fetchall()
    tried = {json.loads(config)["classifier"]["name"] for config, state in rows if state == "ok"}
    assert tried == {"rf", "ke"}, rows
    assert (tmp_path / "run" / "model.featcls").exists()


def test_registering_imports_no_torch():
    code = "import sys; from featcls.plugins import registry; registry(('featcls_torch',)); "
    code += "print('torch' in sys.modules or 'safetensors' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
