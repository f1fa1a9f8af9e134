"""Who imports what: a row of the listing imports only the rows below it (and its own, without
cycles), and heavy packages are imported where they are used."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
ROWS = (
    "cli",
    "report screen testing",
    "search model evaluate operating_point studies",
    "drift",
    "pipeline cache simulate dataset splits",
    "plugins entries first_look preprocess extractors classifiers data detector",
    "config spaces geometry frame hookspecs parameters atomic folders errors _version",
    "kernels",
    "_ext",
)
ROW = {part: row for row, parts in enumerate(ROWS) for part in parts.split()}
KERNELS_MAY = {"kernels", "_ext", "errors"}
HEAVY = {
    "cv2",
    "dask",
    "distributed",
    "fabio",
    "h5py",
    "hyperopt",
    "matplotlib",
    "pebble",
    "pyarrow",
    "scipy",
    "skimage",
    "skops",
    "sklearn",
    "torch",
    "xgboost",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(SRC.glob("featcls/**/*.py"))}


def part(module: str) -> str:
    """`featcls.kernels.texture` -> `kernels`, the word in ROWS; `featcls` -> nothing."""
    return module.partition(".")[2].partition(".")[0]


def imports(module: str) -> set[str]:
    """Return the absolute names of all that a module imports, anywhere in its text."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                below = f"{base}.{alias.name}"
                found.add(below if below in MODULES else base)
    return found


def own_imports(module: str) -> set[str]:
    return {name for name in imports(module) if name.split(".")[0] == "featcls"} - {module}


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, but not for type checkers."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for field in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from top_level(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from top_level(handler.body)


def test_every_module_stands_in_a_row():
    strangers = {part(module) for module in MODULES} - set(ROW) - {""}
    assert not strangers, f"add {strangers} to the picture of design.md and to ROWS"


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"featcls"}))
def test_a_module_imports_only_the_rows_below_and_its_own(module):
    above = {name for name in own_imports(module) if ROW.get(part(name), -1) < ROW[part(module)]}
    if part(module) == "kernels":
        above = {name for name in own_imports(module) if part(name) not in KERNELS_MAY}
    assert not above, f"{module} imports {sorted(above)}"


def test_the_package_itself_imports_only_its_version():
    assert own_imports("featcls") == {"featcls._version"}


def test_no_module_imports_in_a_circle():
    graph = {module: own_imports(module) & set(MODULES) for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("module", sorted(MODULES))
def test_heavy_packages_are_imported_inside_functions(module):
    found = set()
    for node in top_level(ast.parse(MODULES[module].read_text()).body):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    assert not found & HEAVY, f"{module} imports {sorted(found & HEAVY)} at its top"
