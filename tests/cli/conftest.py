import os
import subprocess
import sys

import pytest
from click.testing import CliRunner


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """Nothing a test sets or caches outlives it."""
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "all")


@pytest.fixture
def featcls():
    """Run a command line in this process: `featcls("runs", "--json")`."""
    from featcls.cli.root import root

    def run(*words):
        return CliRunner().invoke(root, [str(word) for word in words], prog_name="featcls")

    return run


@pytest.fixture
def process():
    """Run a command line in a process of its own, as a person would."""

    def run(*words, **options):
        settings = {"capture_output": True, "text": True, "timeout": 120, **options}
        environment = {**os.environ, **settings.pop("env", {})}
        command = [sys.executable, "-m", "featcls.cli", *map(str, words)]
        return subprocess.run(command, env=environment, **settings)

    return run
