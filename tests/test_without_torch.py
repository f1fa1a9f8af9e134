"""The plugin of networks where torch is not there: the rest works and is told what is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PLUGIN = Path(__file__).parents[1] / "plugins" / "featcls-torch"

pytestmark = pytest.mark.skipif(not PLUGIN.exists(), reason="not in this source distribution")

# As in an environment without torch, also where these tests run in one that has it.
CLI = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "torch" else found(name, *more)
from featcls.cli.root import root
root(prog_name="featcls")
"""


@pytest.fixture
def featcls(tmp_path):
    """Run a command in a folder where the plugin is installed but torch is not."""
    about = tmp_path / "site" / "featcls_torch-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: featcls-torch\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[featcls]\ntorch = featcls_torch\n")
    path = os.pathsep.join([str(tmp_path / "site"), str(PLUGIN), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "FEATCLS_CACHE_DIR": str(tmp_path / "cache")}

    def run(*words):
        given = [sys.executable, "-c", CLI, *words]
        return subprocess.run(given, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return run


def test_the_plugin_says_what_is_missing_and_how_to_get_it(featcls):
    done = featcls("plugins", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["plugins"]
    (own,) = (row for row in rows if row["distribution"].startswith("featcls-torch"))
    assert "ke, deepfreak, airynet, darknet need torch, which is not installed" in own["reason"]
    assert "pip install torch --index-url https://download.pytorch.org/whl/cpu" in own["reason"]


def test_a_config_of_a_network_is_refused_with_what_helps_and_another_is_fitted(featcls, tmp_path):
    rng = np.random.default_rng(0)
    labels = np.repeat(["dark", "bright"], 6)
    images = rng.integers(0, 60, (12, 32, 32)) + 100 * (labels == "bright")[:, None, None]
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    (tmp_path / "ke.json").write_text('{"classifier": "ke"}')
    (tmp_path / "knn.json").write_text('{"extractors": ["intensity"], "classifier": "knn"}')
    refused = featcls("fit", "ke.json", "data.npz")
    assert refused.returncode == 2
    assert "no classifier named 'ke'" in refused.stderr
    assert "need torch, which is not installed" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
    fitted = featcls("fit", "knn.json", "data.npz")
    assert fitted.returncode == 0, fitted.stderr
    assert (tmp_path / "model.featcls").exists()
