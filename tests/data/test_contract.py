import numpy as np
import pytest
import tifffile
from PIL import Image

from featcls.plugins import registry
from featcls.testing import check_reader


def stack(dtype=np.uint16):
    rng = np.random.default_rng(0)
    return np.add.outer(np.arange(3), rng.integers(0, 200, (20, 15))).astype(dtype)


def pillow(folder):
    Image.fromarray(stack()[0]).save(folder / "a.png")
    for name in ("b.jpg", "c.bmp"):
        Image.fromarray(stack(np.uint8)[0]).save(folder / name)


def pnm(folder):
    Image.fromarray(stack(np.uint8)[0]).save(folder / "a.pgm")
    Image.fromarray(np.stack(stack(np.uint8), -1)).save(folder / "b.ppm")


def tiff(folder):
    tifffile.imwrite(folder / "a.tif", stack(), photometric="minisblack")
    tifffile.imwrite(folder / "b.tif", stack(), photometric="minisblack", compression="zlib")
    tifffile.imwrite(folder / "c.tif", stack(np.float32)[0], metadata=None)


def npy(folder):
    np.save(folder / "a.npy", stack())
    np.savez(folder / "b.npz", images=stack(), labels=list("aab"))
    np.savez_compressed(folder / "c.npz", images=stack(), mask=stack() > 100)


@pytest.mark.parametrize("write", [pillow, pnm, tiff, npy], ids=lambda write: write.__name__)
def test_built_in_readers_keep_the_contract(tmp_path, write):
    write(tmp_path)
    report = check_reader(registry().get("reader", write.__name__), sorted(tmp_path.iterdir()))
    assert not report.failed
    assert not report.skipped
