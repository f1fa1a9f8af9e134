import pytest

from featcls.dataset.address import Address, parse_address
from featcls.errors import DataError


@pytest.mark.parametrize(
    ("text", "path", "dataset", "index"),
    [
        ("a/b.png", "a/b.png", "", None),
        ("a//b.png", "a//b.png", "", None),
        ("two words//b.png", "two words//b.png", "", None),
        ("s.npy#3", "s.npy", "", 3),
        ("s.npy#x", "s.npy#x", "", None),
        ("r.h5::/entry/data", "r.h5", "/entry/data", None),
        ("r.h5::/entry/data#7", "r.h5", "/entry/data", 7),
        ("C::x.h5", "C::x.h5", "", None),
        ("r.cxi //12", "r.cxi", "", 12),
        ("two words.cxi //12", "two words.cxi", "", 12),
        ("r.cxi tag//12", "r.cxi", "", 12),
        ("r.cxi /entry_1/data//12", "r.cxi", "/entry_1/data", 12),
        ("r.h5 /run/tag-5//", "r.h5", "/run/tag-5", None),
    ],
)
def test_all_forms_of_a_frames_name_are_read(text, path, dataset, index):
    assert parse_address(text) == Address(path, dataset, index)


def test_a_file_whose_own_name_looks_like_an_address_is_that_file(tmp_path):
    (tmp_path / "odd#1").write_text("")
    assert parse_address("odd#1", str(tmp_path)) == Address("odd#1")
    assert parse_address("odd#1") == Address("odd", "", 1)


@pytest.mark.parametrize("text", ["a.png", "s.npy#3", "r.h5::/d", "r.h5::/d#0"])
def test_an_address_is_written_as_it_is_read(text):
    assert str(parse_address(text)) == text


def test_an_event_of_several_numbers_is_refused_with_the_form_that_works():
    with pytest.raises(DataError, match=r"several numbers; name the frame as path::/dataset#"):
        parse_address("r.h5 //3/4")
