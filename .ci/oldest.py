"""Print constraints that pin each dependency to the oldest version pyproject.toml allows.

Usage: python oldest.py pyproject.toml > oldest.txt
"""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

BOUND = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\w.]+)\s*(?P<marker>;.*)?")

document = tomllib.loads(Path(sys.argv[1]).read_text())
project = document["project"]
extras = project["optional-dependencies"].values()
lists = [document["build-system"]["requires"], project["dependencies"], *extras]
for requirement in chain.from_iterable(lists):
    if bound := BOUND.fullmatch(requirement):
        # 2.0 is any 2.0.x: the series, with its repairs, is what a bound promises.
        print(f"{bound['name']}=={bound['version']}.*{bound['marker'] or ''}")
