import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.dataset import from_arrays, open_dataset
from featcls.errors import DataError, UsageError
from featcls.splits import assign_splits, divide, folds, hold_out, strata


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))


def labels(*counts):
    """Codes in a mixed order, `counts[k]` of class k."""
    y = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(0).permutation(y)


def dataset(tmp_path, y, **columns):
    images = np.zeros((len(y), 2, 2), np.uint8)
    return open_dataset(from_arrays(images, list(y), tmp_path / "data", **columns))


# hold_out


@pytest.mark.parametrize("test_size", [0.1, 0.2, 0.25, 0.5])
def test_each_class_gives_its_share(test_size):
    y = labels(100, 40, 20)
    held = hold_out(y, None, test_size, seed=1)
    assert np.bincount(y[held]).tolist() == [100 * test_size, 40 * test_size, 20 * test_size]
    assert_array_equal(held, np.unique(held))


def test_the_seed_alone_decides():
    y = labels(50, 50)
    assert_array_equal(hold_out(y, None, 0.2, 1), hold_out(y, None, 0.2, 1))
    assert (hold_out(y, None, 0.2, 1) != hold_out(y, None, 0.2, 2)).any()


def test_even_two_frames_go_to_both_sides():
    y = labels(100, 2)
    for seed in range(10):
        assert (y[hold_out(y, None, 0.2, seed)] == 1).sum() == 1


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_whole_and_classes_keep_their_share(seed):
    rng = np.random.default_rng(seed)
    y = labels(200, 60)
    group = rng.integers(0, 12, len(y)) + 100 * y  # each group of one class
    held = hold_out(y, group, 0.2, seed)
    assert not set(group[held]) & set(np.delete(group, held))
    share = np.bincount(y[held]) / np.bincount(y)
    assert (abs(share - 0.2) < 0.1).all()


def test_groups_of_mixed_classes_go_by_their_rarest():
    # Four groups hold the rare class, each among many frames of the common one.
    y = np.array([0] * 40 + [0, 0, 0, 1] * 4)
    group = np.array([*range(40), *np.repeat(range(100, 104), 4)])
    for seed in range(10):
        held = hold_out(y, group, 0.25, seed)
        assert (y[held] == 1).sum() == 1
        assert not set(group[held]) & set(np.delete(group, held))


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (None, "class 'rare' has 1 frame, too few for a split of its own"),
        ([0, 1, 2, 3, 4, 5], "class 'rare' has 1 group, too few for a split of its own"),
    ],
)
def test_a_class_that_cannot_be_divided_is_named(group, message):
    y = np.array([0, 0, 0, 0, 0, 1])
    with pytest.raises(DataError, match=message):
        hold_out(y, group and np.array(group), 0.2, 0, classes=["common", "rare"])


def test_a_class_in_one_group_is_named_as_such():
    with pytest.raises(DataError, match=r"class 1 has 1 group, .*add groups of it"):
        hold_out(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 3, 3]), 0.2, 0)


# folds


def test_folds_are_a_partition_with_each_class_in_each():
    y = labels(40, 20, 5)
    parts = folds(y, n_splits=5, seed=3)
    assert_array_equal(np.sort(np.concatenate([scored for _, scored in parts])), np.arange(65))
    for fit, scored in parts:
        assert_array_equal(np.sort(np.r_[fit, scored]), np.arange(65))
        assert np.bincount(y[scored]).tolist() == [8, 4, 1]


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_in_one_fold_and_no_fold_learns_without_a_class(seed):
    y = labels(100, 50, 8)
    group = 100 * y + np.random.default_rng(seed).integers(0, 4, len(y))
    group[y == 2] = [200, 200, 201, 201, 202, 202, 203, 203]
    for fit, scored in folds(y, group, 4, seed):
        assert not set(group[fit]) & set(group[scored])
        assert set(y[fit]) == {0, 1, 2}


def test_groups_of_one_frame_bind_nothing():
    y = labels(20, 20)
    for (fit, scored), other in zip(folds(y, np.arange(40)[::-1]), folds(y), strict=True):
        assert_array_equal(fit, other[0])
        assert_array_equal(scored, other[1])


def test_a_small_class_means_fewer_folds_and_a_warning():
    with pytest.warns(UserWarning, match="class 'rare' has 3 frames; 3 folds, not 5"):
        assert len(folds(labels(30, 3), classes=["common", "rare"])) == 3
    y = labels(30, 6)
    group = np.where(y == 1, np.arange(36) % 2 + 100, np.arange(36))
    with pytest.warns(UserWarning, match="class 1 has 2 groups; 2 folds, not 5"):
        assert len(folds(y, group)) == 2


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (labels(9), "all frames are of one class"),
        (labels(9, 1), "class 1 has 1 frame, too few for folds; add frames of it"),
    ],
)
def test_what_cannot_be_folded_is_an_error_with_its_remedy(y, message):
    with pytest.raises(DataError, match=message):
        folds(y)
    with pytest.raises(UsageError, match="wanted 2 or more"):
        folds(labels(9, 9), n_splits=1)


# several labels


def test_frames_of_several_labels_are_stratified_by_the_rarest():
    y = np.zeros((60, 3), np.uint8)
    y[:, 0] = 1
    y[:12, 1] = 1
    y[:5, 2] = 1
    y[55:] = 0
    assert np.unique(strata(y), return_counts=True)[1].tolist() == [5, 43, 7, 5]
    for _, scored in folds(y, n_splits=5):
        assert y[scored, 2].sum() == 1
    held = hold_out(y, None, 0.2, 0)
    assert y[held].sum(axis=0)[2] == 1


def test_a_single_frame_without_label_is_no_obstacle():
    y = np.zeros((21, 2), np.uint8)
    y[:10, 0] = y[10:20, 1] = 1
    assert len(folds(y, n_splits=5)) == 5
    hold_out(y, None, 0.2, 0)


# assign_splits


def test_a_given_test_split_is_kept(tmp_path):
    split = ["train"] * 4 + ["validation", "calibration", "test", "test"]
    roles = assign_splits(dataset(tmp_path, "abababab", split=split), 0.5)
    assert roles.train.tolist() == [0, 1, 2, 3]
    assert roles.validation.tolist() == [4]
    assert roles.calibration.tolist() == [5]
    assert roles.test.tolist() == [6, 7]
    assert not roles.drawn


def test_a_test_split_is_drawn_from_the_training_frames_and_again_the_same(tmp_path):
    split = ["train"] * 40 + ["validation"] * 10
    data = dataset(tmp_path, "ab" * 25, split=split)
    roles = assign_splits(data)
    assert roles.drawn
    assert len(roles.test) == 8
    assert np.bincount(data.y[roles.test]).tolist() == [4, 4]
    assert_array_equal(np.sort(np.r_[roles.train, roles.test]), np.arange(40))
    assert_array_equal(roles.test, assign_splits(open_dataset(data.spec)).test)


def test_no_test_split_is_drawn_where_none_is_wanted(tmp_path):
    roles = assign_splits(dataset(tmp_path, "ab" * 5), 0)
    assert len(roles.test) == 0
    assert len(roles.train) == 10
    assert not roles.drawn


def test_groups_in_two_splits_are_a_warning(tmp_path):
    data = dataset(
        tmp_path, "abab", split=["train", "train", "test", "test"], group=["1", "2", "2", "3"]
    )
    with pytest.warns(UserWarning, match=r"1 group .*\(2.* more than one split"):
        assign_splits(data)


def test_data_without_two_classes_to_learn_is_refused(tmp_path):
    with pytest.raises(DataError, match="no labels"):
        assign_splits(open_dataset(from_arrays(np.zeros((2, 1, 1)), None, tmp_path)))
    with pytest.raises(DataError, match="of one class: a; add frames of another"):
        assign_splits(dataset(tmp_path, "aaaab", split=["", "", "", "", "test"]))
    with pytest.raises(DataError, match="no frame has the split train"):
        assign_splits(dataset(tmp_path, "ab", split=["test", "test"]))


@pytest.mark.parametrize("test_size", [-0.1, 1.0, float("nan")])
def test_an_impossible_test_size_is_refused(tmp_path, test_size):
    with pytest.raises(UsageError, match="test size is"):
        assign_splits(dataset(tmp_path, "abab"), test_size)


def test_runs_that_come_with_the_data_are_never_parted(tmp_path):
    rng = np.random.default_rng(0)
    for run in range(6):
        np.save(tmp_path / f"{run}.npy", np.zeros((20, 2, 2), np.uint8))
    rows = [f"{run}.npy#{i},{'ab'[rng.integers(2)]}" for run in range(6) for i in range(20)]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,label", *rows]) + "\n")
    data = open_dataset(tmp_path)
    roles = assign_splits(data)
    assert not set(data.runs[roles.test]) & set(data.runs[roles.train])
    assert len(roles.test) == 20


def test_a_run_without_the_rare_class_is_no_obstacle():
    y = np.array([0, 1] * 6 + [0] * 6)
    group = np.repeat([0, 1, 2], 6)
    held = hold_out(y, group, 0.2, 0)
    assert set(y[held]) == {0, 1}
    assert len(set(group[held])) == 1


# divide


def test_all_splits_get_their_share_of_each_class(tmp_path):
    data = dataset(tmp_path, "a" * 60 + "b" * 40, split=["test"] * 100)
    shares = {"test": 0.2, "validation": 0.1, "calibration": 0.1}
    split, group = divide(data, shares, seed=1)
    assert group is None
    for name, share in (*shares.items(), ("train", 0.6)):
        assert np.bincount(data.y[split == name]).tolist() == [60 * share, 40 * share]
    assert_array_equal(split, divide(data, shares, seed=1)[0])
    assert (split != divide(data, shares, seed=2)[0]).any()


def test_frames_that_show_the_same_join_their_groups(tmp_path):
    data = dataset(tmp_path, "ab" * 20, group=[str(i // 2) for i in range(40)])
    for seed in range(5):
        split, group = divide(data, {"test": 0.3}, seed, alike=[[0, 2], [3, 38]])
        assert len(set(group[[0, 1, 2, 3, 38, 39]])) == 1
        assert len({(g, s) for g, s in zip(group, split, strict=True)}) == len(set(group))


def test_what_stays_together_may_be_chosen(tmp_path):
    for run in "abc":
        np.save(tmp_path / f"{run}.npy", np.zeros((60, 2, 2), np.uint8))
    data = open_dataset(tmp_path, labelled=False)
    by = {name: divide(data, {"test": 0.3}, 0, by=name) for name in ("run", "time", "frame")}
    assert by["frame"][1] is None
    assert len(set(by["run"][1])) == 3
    assert len(set(by["time"][1])) == 150
    assert len(set(data.runs[by["run"][0] == "test"])) == 1
    assert_array_equal(divide(data, {"test": 0.3}, 0)[1], by["run"][1])


def test_shares_that_leave_nothing_to_learn_from_are_refused(tmp_path):
    with pytest.raises(
        UsageError, match=r"test 0\.6, validation 0\.4; let them sum to less than 1"
    ):
        divide(dataset(tmp_path, "abab"), {"test": 0.6, "validation": 0.4}, 0)
