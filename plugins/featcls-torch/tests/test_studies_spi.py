"""Studies of single particles at toy size with their networks."""

import pytest

from featcls.plugins import registry
from featcls.studies import Setting, find, pipelines

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return the least setting, with trees that fit fast."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(pipelines.FOREST["params"], "n_estimators", 5)
    return Setting("toy", tmp_path / "work", seeds=1, plugins=MODULES)


def test_eight_networks_are_trained_on_noisy_images_and_maps(toy):
    (table,) = find("noise-ccf").run(toy)
    networks = [row for row in table["rows"] if row[1].endswith("network")]
    assert len(networks) == 8 * 3
    assert {row[0] for row in networks} == {"none", "mean", "mean + std.", "maximum"}
    assert all(row[3]["n"] == 4 and row[4]["table"] == "table 6" for row in networks)
