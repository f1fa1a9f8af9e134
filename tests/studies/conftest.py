"""Small worlds for studies: work folders, trees that fit fast, files as the papers' data lie."""

import h5py
import numpy as np
import pytest
from PIL import Image

from featcls.studies import Setting, pipelines
from featcls.studies.frames import RUNS


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "all")
    monkeypatch.setitem(pipelines.FOREST["params"], "n_estimators", 5)


@pytest.fixture
def toy(tmp_path):
    """Return the least setting, with data where it is given."""

    def make(data=None, seeds=1):
        return Setting("toy", tmp_path / "work", data and str(data), seeds)

    return make


def write_run(folder, file, side=24, n=12):
    """Write a run as those of CXIDB 76 are, smaller: hits have bright spots."""
    rng = np.random.default_rng(len(file))
    images = rng.poisson(20, (n, side, side)).astype(np.int32)
    words = [("MISS", "HIT", "MISS", "MAYBE")[k % 4] for k in range(n)]
    for image, word in zip(images, words, strict=True):
        for row in range(3, side - 3, 6) if word != "MISS" else ():
            image[row : row + 2, 5:7] += 4000
            image[row : row + 2, 15:17] += 4000
    folder.mkdir()
    with h5py.File(folder / file, "w") as stream:
        metadata = stream.create_group("metadata")
        metadata["idh5_version"] = "idh5_v1.0"
        values = {"BEAM_CENTER_X": 1.0, "BEAM_CENTER_Y": 1.0, "PIXEL_SIZE": 0.11}
        values |= {"SIZE1": side, "SIZE2": side}
        values |= {"SATURATED_VALUE": 60000.0, "MIN_TRUSTED_VALUE": -100.0}
        for name, value in values.items():
            metadata[name] = value
        chunk = stream.create_group("data/chunk00")
        chunk["images"] = images
        chunk["distance"] = np.full(n, 100.0)
        chunk["wavelength"] = np.full(n, 1.3)
        chunk["timestamp"] = [f"2013-03-11T10:00:{k:02}" for k in range(n)]
    lines = [f"{file} [{k}] {word}" for k, word in enumerate(words, 1)]
    (folder / "expert_annotation.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def cxidb_76(tmp_path):
    """Return a folder with a folder a run."""
    for run in RUNS:
        (tmp_path / "ke").mkdir(exist_ok=True)
        write_run(tmp_path / "ke" / run, f"r00{len(run)}_{run}.h5")
    return tmp_path / "ke"


@pytest.fixture
def textures(tmp_path):
    """Return a folder with the two sets of textures: stripes of other widths, few and small."""
    rng = np.random.default_rng(0)
    for name in ("neu_det", "kth_tips_gray"):
        lines = ["path,label,split,group,sha256"]
        for width, label in enumerate(("fine", "coarse"), 1):
            folder = tmp_path / "sets" / name / label
            folder.mkdir(parents=True)
            for k in range(16):
                stripes = (np.arange(32) // (3 * width) % 2) * 90 + rng.integers(0, 60, (32, 32))
                Image.fromarray(stripes.astype(np.uint8)).save(folder / f"{k}.png")
                lines.append(f"{label}/{k}.png,{label},{'train' if k < 10 else 'test'},,")
        (tmp_path / "sets" / name / "split.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "sets"


@pytest.fixture
def diffranet(tmp_path):
    """Return the folder of DiffraNet: brighter frames in later classes."""
    rng = np.random.default_rng(0)
    parts = [("synthetic", s, 5) for s in ("train", "validation", "test")]
    parts += [(f"real_{k}", s, 2) for k in ("raw", "preprocessed") for s in ("validation", "test")]
    for part, split, n in parts:
        for number in range(1, n + 1):
            folder = tmp_path / "diffranet" / part / split / str(number)
            folder.mkdir(parents=True)
            for k in range(5):
                image = rng.poisson(9 * number, (32, 32)).astype(np.uint8)
                Image.fromarray(image).save(folder / f"{k}.png")
    return tmp_path / "diffranet"
