import numpy as np
import pytest
from PIL import Image

from featcls.dataset import from_arrays, open_dataset
from featcls.dataset.duplicates import MANY, group_looks, look, near_duplicates
from featcls.frame import Frame


def shots(n, seed=0, side=96):
    """Counts about one smooth background, as the shots of a run have it."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    background = 20 + 15 * np.cos(np.hypot(rows - side / 2, cols - side / 2) / 6)
    return rng.poisson(background, (n, side, side)).astype(np.uint16)


def groups(images):
    return [group.frames for group in group_looks([look(Frame(image)) for image in images])]


def test_shots_of_one_background_are_no_duplicates():
    assert groups(shots(2 * MANY)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.copy(),
        lambda image: image.astype(np.float32) * 3.5 + 100,
        lambda image: np.sqrt(image),
        lambda image: np.minimum(image, np.percentile(image, 99)),
        lambda image: image + np.random.default_rng(9).normal(0, 0.5, image.shape),
        lambda image: np.kron(image, np.ones((2, 2), np.uint16)),
    ],
    ids=["copy", "scaled", "root", "clipped", "noise", "enlarged"],
)
def test_a_frame_that_was_stored_in_another_way_is_found(change):
    images = [*shots(MANY, side=128)]
    assert groups([*images, change(images[7])]) == [[7, MANY]]


def test_a_turned_or_shifted_frame_is_another_one():
    image = shots(1)[0]
    assert groups([image, image[::-1], np.roll(image, 9, axis=1)]) == []


def test_only_equal_pixels_are_exact():
    image = shots(1)[0]
    (exact,) = group_looks([look(Frame(image)), look(Frame(image.copy()))])
    (near,) = group_looks([look(Frame(image)), look(Frame(image + np.uint16(1)))])
    assert (exact.exact, near.exact) == (True, False)


def test_flat_frames_are_the_same_only_where_they_are_equal():
    flat = [np.full((8, 8), value) for value in (3, 3, 4)]
    assert groups(flat) == [[0, 1]]
    empty = Frame(np.ones((8, 8)), np.ones((8, 8), bool))
    assert group_looks([look(empty), look(Frame(flat[0]))]) == []


def test_what_lies_under_a_mask_does_not_count():
    image = shots(1)[0]
    mask = np.zeros(image.shape, bool)
    mask[:, 40:60] = True
    other = np.where(mask, 60000, image)
    (found,) = group_looks([look(Frame(image, mask)), look(Frame(other, mask))])
    assert found.exact


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 200)])
def test_any_size_is_looked_at(shape):
    image = np.random.default_rng(0).integers(0, 99, shape)
    assert groups([image, image]) == [[0, 1]]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_data_set_is_searched_and_its_broken_frames_passed_over(tmp_path, n_threads):
    for name, image in zip("abcd", shots(4).astype(np.uint8), strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:99])
    Image.open(tmp_path / "a.png").save(tmp_path / "e.bmp")
    data = open_dataset(tmp_path, labelled=False)
    assert near_duplicates(data, n_threads=n_threads) == [([0, 4], True)]
    assert near_duplicates(data, [4, 3, 0]) == [([0, 4], True)]
    assert near_duplicates(data, [1, 2, 3]) == []


def test_an_empty_selection_has_none(tmp_path):
    data = open_dataset(from_arrays(shots(2), "ab", tmp_path))
    assert near_duplicates(data, []) == []
