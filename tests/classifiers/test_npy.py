import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.classifiers import npy
from featcls.errors import ModelError


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<i8", "<i4", "<u4", "u1", "i1", "<u2"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3, 4)])
def test_an_array_comes_back_as_it_was(dtype, shape):
    array = (np.random.default_rng(0).normal(size=shape) * 50).astype(dtype)
    back = npy.load(npy.dump(array), "x")
    assert_array_equal(back, array)
    assert back.shape == array.shape
    assert back.dtype.isnative
    assert back.flags.writeable


def test_the_bytes_are_what_numpy_reads():
    array = np.arange(6.0).reshape(2, 3)
    assert_array_equal(np.load(io.BytesIO(npy.dump(array)), allow_pickle=False), array)


def test_a_transposed_array_is_stored_in_order():
    array = np.arange(6.0).reshape(2, 3).T
    assert_array_equal(npy.load(npy.dump(array), "x"), array)


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["a"]), [True], np.zeros(1, "f2")])
def test_what_is_not_a_plain_number_is_not_written(array):
    with pytest.raises(TypeError, match="give integers"):
        npy.dump(array)


def written(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"\x80\x04K\x01.",
        written(np.array([{}], dtype=object), allow_pickle=True),
        written(np.zeros(2, [("a", "<f8")])),
        written(np.asfortranarray(np.zeros((2, 2)))),
        npy.dump(np.zeros(3))[:-1],
        npy.dump(np.zeros(3)) + b"0",
        npy.dump(np.zeros(3)).replace(b"(3,)", b"(9,)"),
        npy.dump(np.zeros(3)).replace(b"'<f8'", b"'|O8'"),
        npy.dump(np.zeros(3)).replace(b"(3,)", b"9**9"),
        npy.dump(np.zeros(3)).replace(b"'<f8'", b"'<f1'"),
        npy.dump(np.zeros(3, np.uint8)).replace(b"'|u1'", b"'|b1'"),
    ],
)
def test_bytes_that_are_no_plain_array_are_refused(data):
    with pytest.raises(ModelError, match=r"^x "):
        npy.load(data, "x")


def test_a_stated_shape_allocates_nothing():
    small = npy.dump(np.zeros((3, 1, 1)))
    huge = small.replace(b"(3, 1, 1), }" + b" " * 8, b"(3" + b"0" * 8 + b", 1, 1), }")
    assert huge != small
    with pytest.raises(ModelError, match="states shape"):
        npy.load(huge, "x")


def test_members_must_be_those_of_the_layout():
    members = npy.pack({"a": np.zeros(2), "b": np.zeros((1, 1), np.int64)})
    layout = {"a": ("<f8", 1), "b": ("<i8", 2)}
    assert sorted(npy.unpack(members, layout)) == ["a", "b"]
    with pytest.raises(ModelError, match=r"wanted \['a.npy'\]"):
        npy.unpack(members, {"a": ("<f8", 1)})
    with pytest.raises(ModelError, match="npy is 2-dimensional int64; wanted 1 of <i8"):
        npy.unpack(members, {**layout, "b": ("<i8", 1)})
    with pytest.raises(ModelError, match="wanted 2 of <i4"):
        npy.unpack(members, {**layout, "b": ("<i4", 2)})
