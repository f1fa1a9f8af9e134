from types import SimpleNamespace

import numpy as np
import pytest

from featcls.dataset import kept_together, open_dataset
from featcls.dataset.together import STRETCHES, stretches


def data(y, runs, in_time=True, group=None):
    return SimpleNamespace(
        y=np.asarray(y), runs=np.asarray(runs), in_time=in_time, group=group and np.array(group)
    )


def together(*args, **kwargs):
    made = data(*args, **kwargs)
    return kept_together(made, np.arange(len(made.runs)))


def test_given_groups_count_before_all_else():
    assert together([0, 1, 0], [0, 0, 1], group=["a", "b", "a"]).tolist() == ["a", "b", "a"]


def test_images_in_files_of_their_own_go_anywhere():
    assert together([0, 1, 0], [-1, -1, -1]) is None


def test_frames_of_one_run_stay_together_where_each_class_is_in_three_runs():
    group = together([0, 1] * 6, np.repeat([0, 1, 2], 4))
    assert group.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_frames_beside_the_runs_are_groups_of_their_own():
    group = together([0, 1] * 7, [*np.repeat([0, 1, 2], 4), -1, -1])
    assert len(set(group.tolist())) == 5


def test_a_single_run_is_cut_into_stretches_of_time():
    n = 20 * STRETCHES
    group = together(np.random.default_rng(0).integers(0, 2, n), np.zeros(n, int))
    assert len(np.unique(group)) == STRETCHES
    assert (np.diff(group) >= 0).all()
    assert np.bincount(group).tolist() == [20] * STRETCHES


def test_a_class_in_two_runs_only_is_divided_by_time():
    runs = np.repeat([0, 1, 2], 300)
    y = (np.arange(900) % 3 == 0) & (runs < 2)
    group = together(y.astype(int), runs)
    assert len(np.unique(group)) == 3 * STRETCHES
    assert all(len(np.unique(runs[group == one])) == 1 for one in np.unique(group))


def test_stretches_follow_the_order_in_the_run_not_the_order_of_classes():
    runs = np.array([0, 1] * 100)
    found = stretches(runs)
    assert (np.diff(found[0::2]) >= 0).all()
    assert set(found[0::2]).isdisjoint(found[1::2])


def test_stacks_that_are_no_runs_are_not_cut():
    assert together([0, 1] * 50, np.zeros(100, int), in_time=False) is None


def test_a_class_of_two_stretches_is_a_warning_and_nothing_is_held_together():
    y = np.zeros(1000, int)
    y[:30] = 1
    with pytest.warns(UserWarning, match="fewer than 3 stretches.*give the column group"):
        assert together(y, np.zeros(1000, int)) is None


def test_only_the_frames_to_be_divided_are_looked_at():
    made = data([0, 1] * 6, np.repeat([0, 1, 2], 4))
    # Two runs are left, and twelve frames are too few for anything but frame by frame.
    assert len(set(kept_together(made, np.arange(8)).tolist())) == 8


def test_a_data_set_knows_which_frames_share_a_file(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2, 2)))
    np.save(tmp_path / "b.npy", np.zeros((2, 2)))
    rows = "path,label\nb.npy,x\na.npy,y\n"
    (tmp_path / "manifest.csv").write_text(rows)
    found = open_dataset(tmp_path)
    assert found.runs.tolist() == [-1, 0, 0]
    assert not found.in_time
