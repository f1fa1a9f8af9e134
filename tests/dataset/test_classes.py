import numpy as np
import pytest

from featcls.dataset.classes import encode
from featcls.dataset.records import Record
from featcls.errors import DataError, UsageError


def records(*labels):
    return [Record(f"{i}.png", label=label) for i, label in enumerate(labels)]


def test_given_classes_fix_the_codes_even_of_absent_ones():
    classes, y = encode(records("b", "a"), ["b", "c", "a"])
    assert classes == ("b", "c", "a")
    assert y.tolist() == [0, 2]


def test_several_labels_become_columns():
    classes, y = encode(records(("ring", "halo"), "ring", None, ()), None)
    assert classes == ("halo", "ring")
    assert y.tolist() == [[1, 1], [0, 1], [0, 0], [0, 0]]
    assert y.dtype == np.uint8


def test_a_label_that_is_not_among_the_classes_is_named():
    with pytest.raises(DataError, match=r"1\.png has the label 'c'; the classes are a, b"):
        encode(records("a", "c"), ["a", "b"])


def test_a_frame_without_label_is_named():
    with pytest.raises(DataError, match=r"1\.png has no label"):
        encode(records("a", None), None)


@pytest.mark.parametrize("classes", [["a", "a"], []])
def test_classes_are_named_once(classes):
    with pytest.raises(UsageError, match="name each class once"):
        encode(records("a"), classes)
