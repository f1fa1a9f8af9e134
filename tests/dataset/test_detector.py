"""What a spec says of the detector, laid on every frame."""

import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import DataError, UsageError
from two_panels import TWO

SHAPE = (12, 10)


@pytest.fixture
def stack(tmp_path):
    """An .npz of three frames, the first with its corner masked by the file."""
    images = np.arange(3 * 120, dtype=np.int32).reshape(3, *SHAPE)
    images[1, 5, 5] = 65535
    mask = np.zeros((3, *SHAPE), bool)
    mask[0, 0, 0] = True
    path = tmp_path / "stack.npz"
    np.savez(path, images=images, mask=mask)
    return path


def opened(path, **detector):
    return open_dataset(path, labelled=False, detector=detector)


def test_masks_are_joined_and_every_frame_says_why(stack, tmp_path):
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:4] = 7
    np.save(tmp_path / "bad.npy", mask)
    data = opened(
        stack,
        mask=str(tmp_path / "bad.npy"),
        mask_values=[65535],
        polygons=[[(9.5, -1), (9.5, 20), (20, 20), (20, -1)]],
    )
    first, second, _ = data.frames()
    assert first.mask.sum() == 1 + 20 + 20
    assert first.meta["masked"] == {"mask of the file": 1, "mask bad.npy": 20, "polygon 1": 20}
    assert second.meta["masked"]["value 65535"] == 1
    assert second.mask[5, 5]
    assert second.image[5, 5] == 0


def test_a_mask_replaces_that_of_the_file_only_where_that_is_said(stack, tmp_path):
    np.save(tmp_path / "none.npy", np.zeros(SHAPE, np.uint8))
    mask = str(tmp_path / "none.npy")
    assert opened(stack, mask=mask).frame(0).mask.sum() == 1
    assert opened(stack, mask=mask, replace_mask=True).frame(0).mask is None


def test_the_digest_follows_what_the_detector_does_to_pixels(stack, tmp_path):
    mask = tmp_path / "bad.npy"
    np.save(mask, np.eye(12, 10, dtype=np.uint8))
    plain = open_dataset(stack, labelled=False).pixels_id
    masked = opened(stack, mask=str(mask)).pixels_id
    assert len({plain, masked, opened(stack, mask_edge=1).pixels_id}) == 3
    np.save(mask, np.zeros(SHAPE, np.uint8))
    assert opened(stack, mask=str(mask)).pixels_id != masked
    copy = tmp_path / "copy.npy"
    copy.write_bytes(mask.read_bytes())
    assert opened(stack, mask=str(copy)).pixels_id == opened(stack, mask=str(mask)).pixels_id
    again = open_dataset(opened(stack, mask_edge=1).spec)
    assert again.pixels_id == opened(stack, mask_edge=1).pixels_id


def test_edges_grow_from_the_border_and_from_gaps(tmp_path):
    mask = np.zeros((40, 40), bool)
    mask[18:22] = True
    np.savez(tmp_path / "gap.npz", images=np.ones((1, 40, 40), np.uint8), mask=mask)
    frame = opened(tmp_path / "gap.npz", mask_edge=1).frame(0)
    assert frame.mask[17].all()
    assert not frame.mask[16, 1:-1].any()
    assert frame.mask[:, 0].all()


@pytest.fixture
def panels(tmp_path):
    """A geometry of two panels of 4 x 5 pixels, the second upside down, and its slab."""
    text = "res = 10000\nclen = 0.1\nphoton_energy = 9000\n"
    for name, first, corner, sign in (("a", 0, (-6, -2), "+"), ("b", 4, (6, 2), "-")):
        text += f"{name}/min_fs = 0\n{name}/max_fs = 4\n{name}/min_ss = {first}\n"
        text += f"{name}/max_ss = {first + 3}\n{name}/fs = {sign}x\n{name}/ss = {sign}y\n"
        text += f"{name}/corner_x = {corner[0]}\n{name}/corner_y = {corner[1]}\n"
    text += "bad1/panel = b\nbad1/min_fs = 0\nbad1/max_fs = 0\nbad1/min_ss = 4\nbad1/max_ss = 4\n"
    (tmp_path / "two.geom").write_text(text)
    image = np.arange(1, 41, dtype=np.uint16).reshape(1, 8, 5)
    np.save(tmp_path / "slab.npy", image)
    return tmp_path


def test_panels_are_laid_out_as_the_geometry_file_says(panels):
    frame = opened(panels / "slab.npy", geometry=str(panels / "two.geom")).frame(0)
    slab = np.arange(1, 41).reshape(8, 5)
    assert frame.shape == (4, 12)
    assert frame.image[:, :5].tolist() == slab[:4].tolist()
    right = slab[4:][::-1, ::-1].copy()
    right[-1, -1] = 0  # bad1: the first pixel of b
    assert frame.image[:, 7:].tolist() == right.tolist()
    assert frame.mask[:, 5:7].all()
    assert frame.meta["masked"] == {"regions of the geometry": 1, "gaps between panels": 8}
    assert frame.geometry.beam_center == (1.5, 5.5)
    assert frame.geometry.pixel_size == pytest.approx(1e-4)
    stored = opened(panels / "slab.npy", geometry=str(panels / "two.geom"), assemble=False)
    assert stored.frame(0).shape == (8, 5)
    assert stored.frame(0).mask.sum() == 1


def test_a_mask_fits_the_stored_or_the_assembled_image(panels):
    one = np.zeros((8, 5), np.uint8)
    one[0, 0] = 1
    np.save(panels / "stored.npy", one)
    other = np.zeros((4, 12), np.uint8)
    other[3, 0] = 1
    np.save(panels / "seen.npy", other)
    masks = [str(panels / "stored.npy"), str(panels / "seen.npy")]
    geometry = str(panels / "two.geom")
    frame = opened(panels / "slab.npy", geometry=geometry, mask=masks).frame(0)
    assert frame.mask[0, 0]
    assert frame.mask[3, 0]
    assert not frame.mask[1:3, 0].any()
    np.save(panels / "wrong.npy", np.zeros((3, 3)))
    data = opened(panels / "slab.npy", mask=str(panels / "wrong.npy"))
    with pytest.raises(DataError, match=r"wrong.npy has shape \(3, 3\), the frames \(8, 5\)"):
        data.frame(0)


def test_options_stand_above_the_geometry_file(panels):
    frame = opened(
        panels / "slab.npy", geometry=str(panels / "two.geom"), distance=0.2, beam_center=[1, 2]
    ).frame(0)
    assert frame.geometry.distance == 0.2
    assert frame.geometry.beam_center == (1, 2)
    assert frame.geometry.wavelength == pytest.approx(1.3776e-10, rel=1e-4)


def test_an_image_of_another_detector_is_an_error_of_the_frame(panels):
    (panels / "big.geom").write_text(TWO)
    data = opened(panels / "slab.npy", geometry=str(panels / "big.geom"))
    with pytest.raises(DataError, match="panel q0a0"):
        data.frame(0)


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        ({"msak": "x"}, "did you mean 'mask'"),
        ({"mask_edge": -1}, "mask_edge is -1"),
        ({"mask_values": ["a"]}, "mask_values has 'a'"),
        ({"polygons": [[(0, 0)]]}, "polygon"),
        ({"distance": -1}, "distance is -1"),
        ({"beam_center": ["a", 1]}, "geometry"),
    ],
)
def test_what_cannot_be_meant_is_named(stack, detector, words):
    with pytest.raises(UsageError, match=words):
        opened(stack, **detector)


def test_files_that_are_not_there_are_named(stack):
    with pytest.raises(DataError, match=r"cannot read .*none\.geom"):
        opened(stack, geometry="none.geom")
    with pytest.raises(DataError, match=r"the mask cannot be used: cannot read .*none\.npy"):
        opened(stack, mask="none.npy").frame(0)
