import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """A cache folder of its own for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def put(tmp_path):
    """Write small PNG images, each with pixels of its own, below the folder `data`."""

    def write(*paths, value=None):
        for number, path in enumerate(paths):
            target = tmp_path / "data" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            level = number if value is None else value
            Image.fromarray(np.full((3, 4), level, np.uint8)).save(target, "PNG")
        return tmp_path / "data"

    return write
