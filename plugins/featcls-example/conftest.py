"""The plugin is tested from the source tree, whether it is installed or not."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
