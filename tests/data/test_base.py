import numpy as np
import pytest

from featcls.data.base import MAX_PIXELS, Frames, check_size, decoding, read_file
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame


def test_frames_are_read_only_when_asked_for_and_closed_once():
    seen, closed = [], []

    def read(index):
        seen.append(index)
        return Frame(np.full((1, 1), index))

    frames = Frames(3, read, lambda: closed.append(True))
    assert len(frames) == 3
    assert seen == []
    assert [int(frame.image[0, 0]) for frame in frames] == [0, 1, 2]
    assert frames[-1].image[0, 0] == 2
    with pytest.raises(IndexError):
        frames[3]
    frames.close()
    frames.close()
    assert closed == [True]


def test_the_budget_counts_pixels_and_bytes():
    check_size("a", None, (8192, 8192), 16)
    for shape, itemsize in (((8192, 8193), 1), ((8192, 8192), 17), ((2**62, 2**62), 1)):
        with pytest.raises(UnreadableFrameError, match="limit"):
            check_size("a", None, shape, itemsize)
    assert MAX_PIXELS == 8192 * 8192


def test_beyond_64_mib_a_frame_may_be_compressed_a_thousand_times():
    check_size("a", None, (8000, 8000), 1, 1)
    check_size("a", None, (8000, 8000), 2, 128_000)
    with pytest.raises(UnreadableFrameError, match="stored in 127999; the limit is 1000 times"):
        check_size("a", None, (8000, 8000), 2, 127_999)


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), ZeroDivisionError("div")])
def test_whatever_a_decoder_raises_is_one_error_with_its_cause(error):
    with pytest.raises(UnreadableFrameError, match=r"a\.cbf#4") as caught, decoding("a.cbf", 4):
        raise error
    assert caught.value.__cause__ is error


def test_keyboard_interrupts_pass():
    with pytest.raises(KeyboardInterrupt), decoding("a", None):
        raise KeyboardInterrupt


def test_a_file_beyond_the_budget_is_not_read(tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(UnreadableFrameError, match="larger than 1 GiB"):
        read_file(str(path))
