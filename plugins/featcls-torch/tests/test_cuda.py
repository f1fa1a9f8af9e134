"""What has to hold on a GPU too; left out where there is none."""

import numpy as np
import pytest
import torch
from featcls_torch import device, storage
from featcls_torch.estimator import Network
from featcls_torch.loading import Images
from patterns import spotted
from test_device import STEPS, frames

from featcls.pipeline import Chained
from featcls.preprocess.lcn import LCN

WHERE = "cuda"
QUICK = {"epochs": 12, "decay_epochs": 12, "batch_size": 8, "lr": 0.05}

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_step_gives_on_the_gpu_what_the_kernel_gives(step, masked):
    given = frames(masked)
    (batch,) = Images(given, 2, torch.device(WHERE)).batches([np.arange(len(given))])
    found = device.apply([step], batch)
    assert found.images.device.type == WHERE
    for k, frame in enumerate(step.apply(frame) for frame in given):
        largest = max(float(np.abs(frame.image).max()), 1.0)
        np.testing.assert_allclose(
            found.images[k, 0].cpu(), frame.image, rtol=1e-5, atol=1e-5 * largest
        )


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("ke", {}),
        ("deepfreak", {"filters": 8, "lr": 0.01}),
        ("airynet", {"filters": 8}),
        ("airynet", {"filters": 4, "depth": 16}),
        ("darknet", {"filters": 4, "optimizer": "adam", "lr": 0.005}),
        ("darknet", {"filters": 4, "optimizer": "adam", "lr": 0.005, "head": "yolo"}),
    ],
)
def test_a_network_learns_on_the_gpu_and_scores_on_a_cpu_nearly_the_same(name, own):
    X, y = spotted(48, classes=2)
    X = Chained(X, [LCN()])
    params = {**QUICK, "shift": 2, "flip": True, "rotate": 5.0, "noise": "mean", **own}
    fitted = Network(name, 0, device=WHERE, **params).fit(X, y)
    there = fitted.predict_proba(X)
    assert (there.argmax(1) == y).mean() > 0.9
    moved = storage.load(name, storage.save(fitted), fitted.params)
    moved.device = "cpu"
    np.testing.assert_allclose(moved.predict_proba(X), there, atol=0.05)  # bfloat16 there
    for kind in fitted.explains:
        assert np.isfinite(fitted.explain(X[:2], kind, [0, 1])).all()
    assert fitted.embed(X).shape == moved.embed(X).shape


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_checkpoint_of_one_device_is_gone_on_from_on_the_other(tmp_path, optimizer):
    X, y = spotted(24)
    X = Chained(X, [LCN()])
    params = {**QUICK, "optimizer": optimizer, "lr": 0.01, "keep": 2}
    losses = []
    for budget, where in ((2, WHERE), (4, "cpu"), (6, WHERE)):
        network = Network("ke", 0, device=where, **params)
        history = network.fit_more(X, y, budget, tmp_path / "state").history_
        assert len(history) == budget
        assert [entry["loss"] for entry in history[: len(losses)]] == losses  # not begun anew
        losses = [entry["loss"] for entry in history]


def test_training_gives_the_generators_of_the_gpu_back():
    X, y = spotted(12)
    before = torch.cuda.get_rng_state()
    Network("airynet", 0, device=WHERE, filters=2, depth=16, epochs=1, batch_size=4).fit(X, y)
    assert torch.equal(torch.cuda.get_rng_state(), before)
