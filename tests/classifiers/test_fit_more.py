import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.classifiers import base, boosting
from featcls.plugins import registry

BUDGETED = {
    "rf": [{}, {"max_features": 0.5, "class_weight": "balanced"}],
    "histgb": [{}, {"max_features": 0.5, "class_weight": "balanced"}],
    "xgboost": [
        {},
        {"subsample": 0.6, "colsample_bytree": 0.5, "class_weight": "balanced"},
    ],
}
CASES = [(name, params) for name, several in BUDGETED.items() for params in several]


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 7))
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int) + (X[:, 3] > 0.5)
    return X, y


def fitted(name, params, budget, checkpoint=None, y=None, weight=None):
    entry = registry().get("classifier", name)
    X, codes = rows()
    params = {key: p.default for key, p in entry.params.items()} | params
    return base.fit(
        entry,
        {**params, entry.options["budget"]: budget},
        X,
        codes if y is None else y,
        classes=("a", "b", "c"),
        sample_weight=weight,
        random_state=5,
        checkpoint=checkpoint,
    )


def scores(trained, multilabel=False):
    return base.scores(trained, rows()[0], 3, multilabel=multilabel)


def test_every_builtin_with_a_budget_goes_on():
    entries = [e for (kind, _), e in registry().entries.items() if kind == "classifier"]
    own = [e for e in entries if e.distribution.startswith("featcls ")]
    assert {e.name for e in own if e.options["budget"]} == set(BUDGETED)
    assert all(callable(e.options["fit_more"]) for e in own if e.options["budget"])


@pytest.mark.parametrize(("name", "params"), CASES)
def test_2_then_6_then_17_is_17_in_one_go_and_a_plain_fit(name, params, tmp_path):
    weight = np.linspace(0.5, 1.5, len(rows()[1]))
    for budget in (2, 6, 17):
        last = fitted(name, params, budget, tmp_path / "steps", weight=weight)
    direct = fitted(name, params, 17, tmp_path / "direct", weight=weight)
    plain = fitted(name, params, 17, weight=weight)
    assert_array_equal(scores(last), scores(direct))
    assert_array_equal(scores(last), scores(plain))
    assert not np.array_equal(scores(last), scores(fitted(name, params, 6, weight=weight)))


@pytest.mark.parametrize("name", BUDGETED)
def test_going_on_does_not_start_again(name, tmp_path):
    """A checkpoint of other rows shows through: its units are not done again."""
    _, y = rows()
    fitted(name, {}, 6, tmp_path / "state", y=y[::-1].copy())
    mixed = scores(fitted(name, {}, 9, tmp_path / "state"))
    assert not np.array_equal(mixed, scores(fitted(name, {}, 9)))


@pytest.mark.parametrize("name", BUDGETED)
def test_a_damaged_checkpoint_and_one_too_far_are_as_none(name, tmp_path):
    wanted = scores(fitted(name, {}, 4))
    fitted(name, {}, 9, tmp_path / "state")
    assert_array_equal(scores(fitted(name, {}, 4, tmp_path / "state")), wanted)
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    assert_array_equal(scores(fitted(name, {}, 4, tmp_path / "state")), wanted)
    file.write_bytes(b"")
    assert_array_equal(scores(fitted(name, {}, 4, tmp_path / "state")), wanted)


@pytest.mark.parametrize("name", BUDGETED)
def test_asked_again_for_what_is_done_it_gives_the_same(name, tmp_path):
    first = scores(fitted(name, {}, 5, tmp_path / "state"))
    assert_array_equal(scores(fitted(name, {}, 5, tmp_path / "state")), first)


@pytest.mark.parametrize("name", BUDGETED)
def test_several_labels_go_on_each_in_its_own_checkpoint(name, tmp_path):
    X, y = rows()
    labels = np.stack([y == 0, y >= 1, X[:, 5] > 0], axis=1).astype(np.uint8)
    for budget in (2, 5):
        last = fitted(name, {}, budget, tmp_path / "state", y=labels)
    plain = fitted(name, {}, 5, y=labels)
    assert_array_equal(scores(last, multilabel=True), scores(plain, multilabel=True))


def test_xgboost_takes_a_gpu_only_where_both_it_and_the_driver_can(monkeypatch):
    import xgboost

    for gpus, built, wanted in [(0, True, "cpu"), (1, False, "cpu"), (1, True, "cuda")]:
        monkeypatch.setattr(boosting, "count_gpus", lambda gpus=gpus: gpus)
        monkeypatch.setattr(xgboost, "build_info", lambda built=built: {"USE_CUDA": built})
        assert boosting.device.__wrapped__() == wanted


def test_without_a_driver_there_are_no_gpus():
    assert boosting.count_gpus("libno-such-driver.so.1") == 0


def test_the_device_is_execution_and_no_parameter():
    assert "device" not in registry().space_of("classifier", "xgboost")
