"""The plugin is tested from the source tree, installed or not, where its libraries are."""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
MISSING = [name for name in ("skimage", "mahotas") if find_spec(name) is None]
collect_ignore = ["featcls_shape", "tests"] if MISSING else []
