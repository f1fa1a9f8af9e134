"""Print constraints that pin each dependency to the oldest version pyproject.toml allows.

Usage: python oldest.py pyproject.toml > oldest.txt
"""

import re
import sys
import tomllib
from pathlib import Path

BOUND = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\w.]+)\s*(?P<marker>;.*)?")

document = tomllib.loads(Path(sys.argv[1]).read_text())
project = document["project"]
lists = [document["build-system"]["requires"], project["dependencies"]]
lists += project["optional-dependencies"].values()
for requirement in sum(lists, []):
    if bound := BOUND.fullmatch(requirement):
        # 2.0 is any 2.0.x: the series, with its repairs, is what a bound promises.
        print(f"{bound['name']}=={bound['version']}.*{bound['marker'] or ''}")
