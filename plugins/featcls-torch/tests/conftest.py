"""What tests of studies share: the least setting, with trees that fit fast."""

import pytest

from featcls.plugins import registry
from featcls.studies import Setting, pipelines

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return the least setting, with data where it is given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(pipelines.FOREST["params"], "n_estimators", 5)

    def make(data=None, seeds=1):
        return Setting("toy", tmp_path / "work", data and str(data), seeds, plugins=MODULES)

    return make
