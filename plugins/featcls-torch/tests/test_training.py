"""One loop: it learns, goes on exactly where it was cut off, and knows when to stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from featcls_torch import checkpoint, training
from featcls_torch.estimator import Network
from featcls_torch.order import batches_of, set_apart
from featcls_torch.schedule import factor
from patterns import spotted

from featcls.errors import DataError, UsageError
from featcls.frame import Frame

QUICK = {"epochs": 4, "batch_size": 8, "decay_epochs": 4, "lr": 0.02}


def same(first, second):
    """Say whether two fitted networks have the same weights, to the bit."""
    pairs = zip(first.stages_, second.stages_, strict=True)
    return all(torch.equal(a[name], b[name]) for a, b in pairs for name in a)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ke", {"lr": 0.05}),
        ("deepfreak", {"filters": 8, "lr": 0.003, "inputs": "unit", "optimizer": "adam"}),
        ("airynet", {"filters": 8, "lr": 0.02}),
        ("airynet", {"filters": 4, "depth": 16, "lr": 0.02}),
        ("darknet", {"filters": 4, "lr": 0.005, "optimizer": "adam"}),
        ("darknet", {"filters": 4, "lr": 0.005, "head": "yolo", "optimizer": "adam"}),
    ],
)
def test_a_network_overfits_20_images(name, params):
    X, _ = spotted(20)
    y = np.random.default_rng(3).integers(0, 2, 20)  # nothing to learn but the images by heart
    fitted = Network(name, 0, epochs=60, batch_size=10, decay_epochs=60, **params).fit(X, y)
    assert (fitted.predict_proba(X).argmax(1) == y).mean() >= 0.95, fitted.history_[-1]


def test_2_epochs_and_then_2_and_1_are_5_to_the_bit(tmp_path):
    X, y = spotted(20)
    params = {**QUICK, "epochs": 5, "shift": 3, "flip": True, "noise": "mean", "keep": 2}
    whole = Network("ke", 7, **params).fit(X, y)
    path = tmp_path / "state"
    for budget in (2, 4, 5):
        part = Network("ke", 7, **{**params, "epochs": budget})
        part = part.fit_more(X, y, budget, path)
    assert same(part, whole)
    losses = [[entry["loss"] for entry in fitted.history_] for fitted in (part, whole)]
    assert losses[0] == losses[1]


def test_adam_and_dropout_go_on_exactly_too(tmp_path):
    X, y = spotted(12)
    params = {"filters": 2, "depth": 16, "optimizer": "adam", "epochs": 3, "batch_size": 4}
    whole = Network("airynet", 1, **params).fit(X, y)
    Network("airynet", 1, **params).fit_more(X, y, 1, tmp_path / "state")
    assert same(Network("airynet", 1, **params).fit_more(X, y, 3, tmp_path / "state"), whole)


def test_what_an_optimizer_goes_on_with_lies_in_memory_as_its_weights(tmp_path, monkeypatch):
    X, y = spotted(12)
    Network("ke", 0, **QUICK).fit_more(X, y, 1, tmp_path / "state")
    made, make = [], training._optimizer
    monkeypatch.setattr(training, "_optimizer", lambda *a: made.append(make(*a)) or made[-1])
    Network("ke", 0, **QUICK).fit_more(X, y, 1, tmp_path / "state")
    (optimizer,) = made
    assert len(optimizer.state) == 4 + 4 + 4 + 2  # filters, scales, shifts; decision
    for weight, slots in optimizer.state.items():
        assert slots["momentum_buffer"].stride() == weight.stride()


def test_training_on_a_cpu_leaves_the_generators_of_gpus_alone(monkeypatch):
    def forbidden(seed):
        raise AssertionError("seeds every GPU")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", forbidden)
    before = torch.get_rng_state()
    X, y = spotted(6)
    Network("airynet", 0, filters=2, depth=16, epochs=1, batch_size=3).fit(X, y)  # with dropout
    assert torch.equal(torch.get_rng_state(), before)


KILLED = """
import sys
from pathlib import Path
from patterns import spotted
from featcls_torch.estimator import Network
X, y = spotted(40, side=64)
Network("ke", 3, epochs=400, batch_size=4).fit_more(X, y, 400, Path(sys.argv[1]))
"""


def test_a_training_killed_in_an_epoch_ends_with_the_weights_of_one_that_was_not(tmp_path):
    path = tmp_path / "state"
    folder = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], env=environment)
    limit = time.monotonic() + 120
    while not path.exists() and time.monotonic() < limit:
        time.sleep(0.01)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    _, document = checkpoint.read(path)
    done = document["state"]["epoch"]
    assert 1 <= done < 400
    X, y = spotted(40, side=64)
    again = Network("ke", 3, epochs=400, batch_size=4).fit_more(X, y, done + 2, path)
    whole = Network("ke", 3, epochs=400, batch_size=4).fit_more(X, y, done + 2, None)
    assert len(again.history_) == done + 2
    assert same(again, whole)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not this", b"\x10" + bytes(7) + b"{}"])
def test_a_checkpoint_that_cannot_be_read_is_none(tmp_path, content):
    path = tmp_path / "state"
    path.write_bytes(content)
    X, y = spotted(12)
    assert same(
        Network("ke", 0, **QUICK).fit_more(X, y, 2, path),
        Network("ke", 0, **QUICK).fit_more(X, y, 2, None),
    )
    assert checkpoint.read(path)[1]["state"]["epoch"] == 2


@pytest.mark.parametrize("change", [{"lr": 0.01}, {"kernel": 3}, {"random_state": 5}])
def test_a_checkpoint_of_other_parameters_is_not_gone_on_from(tmp_path, change):
    X, y = spotted(12)
    Network("ke", **QUICK).fit_more(X, y, 2, tmp_path / "state")
    other = {**QUICK, **change}
    found = Network("ke", **other).fit_more(X, y, 3, tmp_path / "state")
    assert same(found, Network("ke", **other).fit_more(X, y, 3, None))


def test_training_that_diverges_keeps_the_last_finite_weights():
    X, y = spotted(12)
    fitted = Network("ke", epochs=4, batch_size=4, lr=1e30, l2=1.0).fit(X, y)
    assert fitted.history_[-1]["loss"] is None
    assert len(fitted.history_) < 4
    assert np.isfinite(fitted.predict_proba(X)).all()


@pytest.mark.parametrize("every", [0, 3])
def test_the_selected_stage_is_the_best_on_frames_held_out_and_patience_ends_training(every):
    X, y = spotted(60)
    params = {**QUICK, "epochs": 40, "holdout": 0.3, "select": "f1", "patience": 3, "lr": 0.05}
    params["every"] = every  # iterations, of which an epoch has 6
    fitted = Network("ke", 0, **params).fit(X, y)
    best = [entry["best"] for entry in fitted.history_]
    assert best == sorted(best)
    assert len(fitted.history_) < 40
    _, held = set_apart(y, 0.3, 0)
    from sklearn.metrics import f1_score

    guess = fitted.predict_proba([X[k] for k in held]).argmax(1)
    assert f1_score(y[held], guess, average="macro") == pytest.approx(best[-1])


def test_stages_every_few_iterations_are_intersected():
    X, y = spotted(24, classes=2)
    fitted = Network("ke", 0, **{**QUICK, "every": 2, "keep": 3}).fit(X, y)
    assert len(fitted.stages_) == 3
    together = fitted.predict_proba(X)
    stages, alone = list(fitted.stages_), []
    for stage in stages:
        fitted.stages_ = [stage]
        fitted.__dict__.pop("_ready")
        alone.append(fitted.predict_proba(X))
    least = np.min(alone, axis=0)
    np.testing.assert_allclose(together, least / least.sum(1, keepdims=True), atol=1e-6)


def test_what_is_no_hit_of_every_stage_is_the_negative_class():
    X, y = spotted(12, classes=2)
    own = {"filters": 2, "head": "yolo", "negative": 0, "every": 1, "keep": 3}
    fitted = Network("darknet", 0, **{**QUICK, "epochs": 2, **own}).fit(X, y)
    alone = []
    for stage in list(fitted.stages_):
        one = Network("darknet", 0, **{**fitted.params, "keep": 1})
        one.__dict__ |= {k: v for k, v in vars(fitted).items() if k.endswith("_")}
        one.stages_ = [stage]
        alone.append(one.predict_proba(X)[:, 1])
    found = fitted.predict_proba(X)
    np.testing.assert_allclose(found[:, 1], np.min(alone, axis=0), atol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)


def test_several_labels_a_frame_are_learned_each_for_itself():
    X, code = spotted(40, classes=2)
    bright = np.arange(40) // 2 % 2
    X = [Frame(f.image + 30 * b) for f, b in zip(X, bright, strict=True)]
    y = np.stack([code, bright], 1)
    fitted = Network("ke", 0, epochs=40, decay_epochs=40, batch_size=8).fit(X, y)
    found = fitted.predict_proba(X)
    assert found.shape == (40, 2)
    assert ((found > 0.5) == y).mean() >= 0.95


def test_training_starts_from_given_weights(tmp_path):
    from safetensors.torch import save_file

    X, y = spotted(12)
    first = Network("ke", 0, **QUICK).fit(X, y)
    save_file(first.stages_[0], tmp_path / "weights.safetensors")
    params = {**QUICK, "init": str(tmp_path / "weights.safetensors")}
    started = Network("ke", 5, **params).fit_more(X, y, 0, None)
    assert same(started, first)
    with pytest.raises(UsageError, match="which holds no weights"):
        Network("ke", **{**QUICK, "init": "absent.safetensors"}).fit(X, y)


def test_frames_of_two_sizes_are_refused_by_name():
    X, y = spotted(6)
    X[4] = Frame(np.zeros((40, 48)), frame_id="odd.tif")
    with pytest.raises(DataError, match=r"odd.tif has 40 x 48 pixels, the network takes 48 x 48"):
        Network("ke", **QUICK).fit(X, y)


def test_an_epoch_goes_through_all_frames_once():
    y = np.zeros(11, int)
    parts = batches_of(y, 4, 0, False, 1, 0)
    assert sorted(np.concatenate(parts)) == list(range(11))
    assert [len(part) for part in parts] == [4, 4, 3]
    assert [len(part) for part in batches_of(y[:9], 4, 0, False, 1, 0)] == [4, 5]
    again = batches_of(y, 4, 0, False, 1, 1)
    assert np.concatenate(parts).tolist() != np.concatenate(again).tolist()


def test_balanced_batches_hold_as_many_of_each_class():
    y = np.array([0] * 50 + [1] * 5 + [2] * 20)
    for part in batches_of(y, 6, 10, True, 0, 0):
        assert np.bincount(y[part]).tolist() == [2, 2, 2]
    with pytest.raises(UsageError, match="need one class a frame"):
        batches_of(np.ones((4, 2)), 2, 0, True, 0, 0)


def test_the_rates_of_ke_and_zimmermann_are_those_of_their_papers():
    ke = [0.1 * factor("exponential", 1e-3, 120, epoch) for epoch in (0, 60, 120)]
    np.testing.assert_allclose(ke, [0.1, 0.1 * 1e-3**0.5, 1e-4])
    steps = [0.1 * factor("step", 0.1, 50, epoch) for epoch in (49.9, 50, 199)]
    np.testing.assert_allclose(steps, [0.1, 0.01, 1e-4])
