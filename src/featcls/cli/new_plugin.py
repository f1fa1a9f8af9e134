"""Write the distribution that an author of a plugin starts from."""

import re
import shutil
from importlib.resources import files
from pathlib import Path
from string import Template

from featcls.errors import UsageError

PREFIX = "featcls-"


def write_distribution(name: str, kind: str, parent: Path) -> list[Path]:
    """Write `featcls-NAME` below `parent`, whole or not at all, and return its files.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens; `featcls-` before it is understood.
    kind : {"extractor", "classifier", "preprocessor", "reader", "space"}
    parent : Path

    Raises
    ------
    UsageError
        The name cannot be one, or the folder is there.

    Examples
    --------
    >>> written = write_distribution("my-share", "extractor", getfixture("tmp_path"))
    >>> [path.name for path in written]
    ['README.md', 'featcls_my_share.py', 'pyproject.toml', 'test_contract.py']
    """
    name = name.removeprefix(PREFIX)
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"a plugin cannot be called {name!r}",
            "use lower-case letters and digits, with a hyphen between words",
        )
    folder = parent / f"{PREFIX}{name}"
    if folder.exists():
        raise UsageError(f"{folder} is there already", "choose another name or remove it")
    partial = parent / f".{folder.name}"
    shutil.rmtree(partial, ignore_errors=True)
    for place, text in _texts(name, kind).items():
        path = partial / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    partial.rename(folder)
    return sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.name)


def _texts(name: str, kind: str) -> dict[str, str]:
    """Return the text of each file by its place in the distribution."""
    key = name.replace("-", "_")
    words = {
        "name": name,
        "kind": kind,
        "key": key,
        "KEY": key.upper(),
        "Class": "".join(word.capitalize() for word in name.split("-")),
        "module": f"featcls_{key}",
        "registered": f"{key}@1" if kind == "space" else key,
    }
    test = "test_contract_reader.py" if kind == "reader" else "test_contract.py"
    places = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"featcls_{key}.py": f"{kind}.py",
        "tests/test_contract.py": test,
    }
    folder = files("featcls.cli") / "templates"
    return {
        place: Template((folder / f"{source}.txt").read_text(encoding="utf-8")).substitute(words)
        for place, source in places.items()
    }
