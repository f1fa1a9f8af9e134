"""What starting featcls loads: listing plugins or reading the help must not wait for a library
that neither needs. (How long it takes is a benchmark.)"""

import json
import os
import subprocess
import sys

import pytest

HEAVY = {
    "cv2",
    "dask",
    "distributed",
    "fabio",
    "h5py",
    "hyperopt",
    "joblib",
    "matplotlib",
    "networkx",
    "pandas",
    "pebble",
    "PIL",
    "pyarrow",
    "scipy",
    "skimage",
    "skops",
    "sklearn",
    "tifffile",
    "torch",
    "xgboost",
}
RUN = """
import json, sys
from importlib.metadata import entry_points
(point,) = entry_points(group="console_scripts", name="featcls")
main = point.load()
sys.argv = ["featcls", *sys.argv[1:]]
try:
    main()
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the modules in memory after a fresh interpreter ran `code`, built-ins alone."""
    environment = {**os.environ, "FEATCLS_NO_PLUGINS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_featcls_loads_neither_numpy_nor_its_own_modules():
    modules = loaded("import json, sys, featcls; print(json.dumps(sorted(sys.modules)))")
    assert not modules & (HEAVY | {"numpy", "click", "rich"})
    assert {m for m in modules if m.startswith("featcls.")} == {"featcls._version"}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["plugins"], ["search", "--help"]]
)
def test_commands_that_only_tell_load_no_heavy_package(arguments):
    assert not loaded(RUN, *arguments) & HEAVY


def test_kernels_work_alone():
    modules = loaded(
        "import json, sys, featcls.kernels.texture; print(json.dumps(sorted(sys.modules)))"
    )
    own = {m for m in modules if m.startswith("featcls.")}
    assert {m.split(".")[1] for m in own} <= {"_version", "_ext", "errors", "kernels"}
    assert not modules & HEAVY
