"""Where torch or the plugin is not installed, the rest of featcls is tested without them."""

import importlib.util
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "tests"))  # for what the tests share

NEEDED = ("torch", "safetensors", "featcls_torch")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
collect_ignore = ["featcls_torch", "tests", "benchmarks"] if MISSING else ["benchmarks"]


def pytest_report_header():
    if MISSING:
        return (
            f"featcls-torch is not tested: {', '.join(MISSING)} not installed, `make test-torch`"
        )
    return None
