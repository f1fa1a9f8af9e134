import numpy as np
from PIL import Image

from featcls.simulate import CLASSES, labels, shot
from featcls.simulate.sheet import GAP, write_sheet


def test_sheet_shows_the_first_shots_of_each_class(tmp_path):
    shown = write_sheet(tmp_path / "sheet.png", "diffranet-text", seed=1, columns=2, tile=64)
    found = labels("diffranet-text", 200, 1)
    assert tuple(shown) == CLASSES
    for name, indices in shown.items():
        assert indices == [i for i, label in enumerate(found) if label == name][:2]
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (5 * (64 + GAP), 2 * (64 + GAP))
    image, _ = shot("diffranet-text", 1, shown["strong"][1])
    brightest = image.reshape(64, 8, 64, 8).max(axis=(1, 3))
    np.testing.assert_array_equal(
        sheet[-GAP // 2 - 64 : -GAP // 2, -GAP // 2 - 64 : -GAP // 2], brightest
    )


def test_sheet_of_particles_has_a_row_a_label(tmp_path):
    shown = write_sheet(tmp_path / "sheet.png", "spi-four", columns=1, tile=128)
    assert list(shown) == ["icosahedron", "tailed capsid", "chain", "spheroid"]
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (4 * (128 + GAP), 128 + GAP)
    assert all(sheet[row * 132 + 66 :][:20].max() == 255 for row in range(4))
