"""The same frames stored in several formats have the same features."""

import base64
import hashlib

import h5py
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from PIL import Image

from featcls.dataset import open_dataset
from featcls.plugins import registry

CBF = """###CBF: VERSION 1.5

data_a
_array_data.data
;
--CIF-BINARY-FORMAT-SECTION--
Content-Type: application/octet-stream;
     conversions="x-CBF_BYTE_OFFSET"
Content-Transfer-Encoding: BINARY
X-Binary-Size: {size}
X-Binary-Element-Type: "signed 32-bit integer"
Content-MD5: {md5}
X-Binary-Number-of-Elements: {n}
X-Binary-Size-Fastest-Dimension: {cols}
X-Binary-Size-Second-Dimension: {rows}

"""


def cbf(path, image):
    data = bytes(pytest.importorskip("fabio.ext.byte_offset").comp_cbf32(image.astype(np.int32)))
    md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
    rows, cols = image.shape
    text = CBF.format(size=len(data), md5=md5, n=image.size, rows=rows, cols=cols)
    end = b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n"
    head = text.replace("\n", "\r\n").encode()
    path.write_bytes(head + b"\x0c\x1a\x04\xd5" + data + end)


def tiff(path, image):
    tifffile.imwrite(path, image)


def hdf5(path, image):
    with h5py.File(path, "w") as file:
        file["images"] = image[None]


def png(path, image):
    Image.fromarray(image).save(path)


@pytest.fixture
def stored(tmp_path):
    """Four simulated frames of 12 bits in each format: a data set for each."""
    simulated = open_dataset(None, reader="simulate", options={"n": 4, "seed": 2})
    for k, frame in enumerate(simulated.frames()):
        image = 15 * frame.image.astype(np.uint16)
        for name, write in (("png", png), ("tif", tiff), ("h5", hdf5), ("cbf", cbf)):
            (tmp_path / name).mkdir(exist_ok=True)
            write(tmp_path / name / f"{k}.{name}", image)
    return {
        name: open_dataset(tmp_path / name, labelled=False) for name in ("png", "tif", "h5", "cbf")
    }


def test_features_do_not_depend_on_the_format(stored):
    plugins = registry()
    quantise = plugins.get("preprocessor", "quantise").factory(range=(0.0, 4000.0))
    raw = {kind: list(data.frames()) for kind, data in stored.items()}
    levels = {kind: [quantise.apply(frame) for frame in own] for kind, own in raw.items()}
    for name in plugins.names("extractor"):
        extractor = plugins.get("extractor", name).factory()
        frames = levels if name in ("glcm", "sift_bovw") else raw
        if getattr(extractor, "fitted", False):
            extractor.fit(frames["png"])
        vectors = {kind: extractor.transform(own) for kind, own in frames.items()}
        assert np.ptp(vectors["png"]) > 0
        for kind in ("tif", "h5", "cbf"):
            assert_array_equal(vectors[kind], vectors["png"], err_msg=f"{name} of {kind}")
