import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from featcls.cli.root import root

SPACE = """
first = [["intensity", "knn"]]

[[extractor]]
name = "intensity"

[[extractor]]
name = "lbp"
P = 8
R = 1.0
method = "uniform"

[[classifier]]
name = "knn"
n_neighbors = { integer = [1, 9] }

[[classifier]]
name = "logreg"
"""

CONFIG = """
[[extractors]]
name = "lbp"

[[extractors]]
name = "intensity"

[classifier]
name = "knn"
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """Nothing a test sets, caches or writes outlives it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "all")


@pytest.fixture(scope="session")
def featcls():
    """Run a command line in this process: `featcls("runs", "--json")`."""

    def run(*words):
        return CliRunner().invoke(root, [str(word) for word in words], prog_name="featcls")

    return run


@pytest.fixture(scope="session")
def command_line():
    """Return the words of a process that runs `featcls`."""

    def line(*words):
        return [sys.executable, "-m", "featcls.cli", *map(str, words)]

    return line


@pytest.fixture
def process(command_line):
    """Run a command line in a process of its own, as a person would."""

    def run(*words, **options):
        settings = {"capture_output": True, "text": True, "timeout": 120, **options}
        environment = {**os.environ, **settings.pop("env", {})}
        return subprocess.run(command_line(*words), env=environment, **settings)

    return run


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A folder per class: dark noise, bright noise and stripes, 12 frames each."""
    folder = tmp_path_factory.mktemp("data") / "images"
    rng = np.random.default_rng(0)
    for name, low, high in (("bright", 120, 255), ("dark", 0, 140), ("stripes", 40, 200)):
        (folder / name).mkdir(parents=True)
        for k in range(12):
            image = rng.integers(low, high, (20, 24), dtype=np.uint8)
            if name == "stripes":
                image[::2] //= 2
            Image.fromarray(image).save(folder / name / f"{k:02d}.png")
    return folder


@pytest.fixture
def damaged(images, tmp_path):
    """The images with one cut short."""
    data = shutil.copytree(images, tmp_path / "damaged")
    (data / "dark" / "03.png").write_bytes((data / "dark" / "03.png").read_bytes()[:60])
    return data


@pytest.fixture(scope="session")
def space(tmp_path_factory):
    """A small search space."""
    path = tmp_path_factory.mktemp("space") / "small.toml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory, images, space, featcls):
    """A finished search of six trials: its run directory and what it said; to be read only."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATCLS_CACHE_DIR", str(folder / "cache"))
        patch.setenv("FEATCLS_NO_PLUGINS", "all")
        patch.setenv("COLUMNS", "80")
        words = ("--space", space, "--max-evals", 6, "--backend", "serial", "--folds", 3)
        result = featcls("search", images, *words, "--out", folder / "run")
    assert result.exit_code == 0, result.stderr
    return SimpleNamespace(path=folder / "run", result=result, words=words)


@pytest.fixture
def searched(finished, tmp_path_factory):
    """The test's own copy of the finished search: its run directory and model."""
    path = tmp_path_factory.mktemp("searched") / "run"
    shutil.copytree(finished.path, path)
    return SimpleNamespace(path=path, model=path / "model.featcls", words=finished.words)
