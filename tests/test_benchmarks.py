"""Each benchmark runs once at its first parameters, so that none outlives what it times."""

import importlib.util
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks" / "benchmarks"


def load(name):
    """Import benchmarks.<name> from the benchmark folder, as asv does."""
    full = "benchmarks" if name == "__init__" else f"benchmarks.{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            full, FOLDER / f"{name}.py", submodule_search_locations=[str(FOLDER)]
        )
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


def benchmark_methods():
    load("__init__")
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        for name, group in vars(load(path.stem)).items():
            if isinstance(group, type) and group.__module__ == f"benchmarks.{path.stem}":
                for method in dir(group):
                    if method.startswith(("time_", "peakmem_", "track_")):
                        yield pytest.param(group, method, id=f"{path.stem}.{name}.{method}")


@pytest.mark.parametrize(("group", "method"), list(benchmark_methods()))
def test_every_benchmark_runs(group, method):
    instance, refused = group(), None
    for parameters in product(*group.params):
        try:
            instance.setup(*parameters)
        except NotImplementedError as reason:  # asv's word for what cannot be measured
            refused = reason
        else:
            getattr(instance, method)(*parameters)
            return
    pytest.skip(str(refused))


def test_every_benchmark_takes_its_named_parameters():
    for parameter in benchmark_methods():
        group = parameter.values[0]
        assert len(group.param_names) == len(group.params)


def test_every_row_of_the_table_is_a_benchmark(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER.parent)
    load("__init__")
    import ratios

    for row in ratios.rows():
        for group, parameters in (
            (row.ours, row.parameters),
            (row.peer, row.peer_parameters),
        ):
            assert parameters in product(*group.params), row
            assert hasattr(group, row.method)


def test_the_table_is_printed():
    script = FOLDER.parent / "ratios.py"
    command = [sys.executable, script, "--rounds", "1", "--only", "LBP ror"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| LBP ror, histogram | P 8 |" in done.stdout
