import json

import numpy as np
import pytest


@pytest.fixture
def arrays(tmp_path):
    """A data set of 60 small images in two classes that texture tells apart, some mislabelled."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (60, 24, 24)).astype(np.uint8)
    images[30:] = np.sort(images[30:], axis=2)
    path = tmp_path / "data.npz"
    labels = np.repeat(["rough", "smooth"], 30)
    labels[::7] = labels[::-7]
    np.savez(path, images=images, labels=labels)
    return path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))


SMALL = """
union = 2
[[extractor]]
name = "intensity"
[[extractor]]
name = "lbp"
P = [4, 8]
R = [1.0, 2.0]
method = "uniform"
[[classifier]]
name = "knn"
n_neighbors = { integer = [1, 9] }
[[classifier]]
name = "logreg"
C = { loguniform = [0.01, 100.0] }
max_iter = 1000
class_weight = "none"
"""


@pytest.fixture
def small_space(tmp_path):
    """The path of a space whose trials take milliseconds."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return str(path)


def without_time(metrics):
    """Metrics but the milliseconds a frame, which no seed decides."""
    return {name: value for name, value in metrics.items() if name != "ms"}


@pytest.fixture
def history():
    """Return the columns of a run that a seed decides."""

    def columns(run):
        return [
            (t.tid, json.dumps(t.config), t.loss, json.dumps(without_time(t.metrics)), t.state)
            for t in run.trials
        ]

    return columns
