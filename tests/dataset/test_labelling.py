import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.dataset.address import Address
from featcls.dataset.hitlists import Entry, HitList
from featcls.dataset.labelling import Rule, labels_by_spots, labels_from
from featcls.errors import DataError
from featcls.extractors.spots import Spots


@pytest.fixture
def runs(tmp_path):
    for name in ("a/run1.npy", "a/run2.npy", "b/run2.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / name, np.zeros((3, 2, 2)))
    return open_dataset(tmp_path, labelled=False)


def listed(*entries, rest=None):
    return HitList("list", [Entry(*entry) for entry in entries], rest)


def test_frames_are_known_by_the_end_of_their_path_and_their_index(runs):
    hits = listed(
        (Address("/far/away/run1.npy", "", 2), "hit"),
        (Address("/far/away/b/run2.npy", "", 0), "hit"),
        (Address("elsewhere.npy", "", 0), "hit"),
    )
    labels = labels_from(runs, [hits], Rule())
    assert [runs.frame_ids[i] for i, one in enumerate(labels) if one] == [
        "a/run1.npy#2",
        "b/run2.npy#0",
    ]


def test_a_file_without_an_index_means_all_of_its_frames(runs):
    labels = labels_from(runs, [listed((Address("run1.npy"), "hit"), rest="miss")], Rule())
    assert labels == ["hit"] * 3 + ["miss"] * 6


def test_numbers_of_spots_become_labels_by_the_rule(runs):
    entries = [(Address("run1.npy", "", k), None, n) for k, n in enumerate((9, 10, 3))]
    assert labels_from(runs, [listed(*entries)], Rule())[:3] == ["maybe", "hit", "miss"]
    assert labels_from(runs, [listed(*entries)], Rule(5, 5))[:3] == ["hit", "hit", "miss"]


def test_a_list_without_files_belongs_to_one_file(runs, tmp_path):
    hits = listed((Address("", "", 1), "hit"), rest="miss")
    with pytest.raises(DataError, match="the list names no file, and the data has 3"):
        labels_from(runs, [hits], Rule())
    one = open_dataset(tmp_path / "a" / "run1.npy", labelled=False)
    assert labels_from(one, [hits], Rule()) == ["miss", "hit", "miss"]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([listed((Address("run2.npy", "", 0), "hit"))], "run2.npy may be a/run2.npy or b/run2"),
        ([listed((Address("c.h5", "", 0), "hit"))], "no frame of the data is in the list"),
        ([listed((Address("run1.npy", "", 3), "hit"))], "no frame of the data is in the list"),
        (
            [listed((Address("run1.npy", "", 0), one)) for one in ("hit", "miss")],
            "run1.npy#0 is 'hit' and 'miss'; give one list",
        ),
    ],
)
def test_lists_that_do_not_fit_are_named(runs, lists, message):
    with pytest.raises(DataError, match=message):
        labels_from(runs, lists, Rule())


def test_spots_are_counted_and_broken_frames_have_no_label(tmp_path):
    image = np.ones((64, 64), np.uint16)
    image[4:60:8, 4:60:14] = 500
    np.save(tmp_path / "a.npy", image)
    image[4:60:8, 10:] = 1
    np.save(tmp_path / "b.npy", image)
    (tmp_path / "c.npy").write_bytes((tmp_path / "b.npy").read_bytes()[:-9])
    data = open_dataset(tmp_path, labelled=False)
    told = []
    labels, counts = labels_by_spots(data, Spots(min_spot_size=1), Rule(), 2, told.append)
    assert counts == [28, 7, -1]
    assert labels == ["hit", "maybe", None]
    assert told == [1, 2, 3]
