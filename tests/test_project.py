"""What the source distribution and the wheel hold, built as a packager builds them."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(
    ".*_cache", ".asv", ".git", ".hypothesis", ".venv", "*.egg-info", "*.so", "__pycache__",
    "_build", "api", "build", "dist", "runs",
)  # fmt: skip


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Folder with the source distribution, and the wheel that was built from it.

    The compiler is `true`, which compiles nothing: what is in the files is the question here,
    and the wheel's kernels are run by .ci/run.
    """
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT, folder / "featcls", ignore=NOT_COPIED)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist")]
    environment = {**os.environ, "CC": "true", "LDSHARED": "true"}
    done = subprocess.run(
        [*build, str(folder / "featcls")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "dist"


@pytest.fixture(scope="module")
def sdist(dist):
    """Names in the source distribution, as in the checkout."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel(dist):
    """Names in the wheel."""
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def sources(*patterns: str) -> set[str]:
    """Return files of the package by pattern, as the wheel names them."""
    src = ROOT / "src"
    return {str(path.relative_to(src)) for p in patterns for path in src.glob(f"featcls/**/{p}")}


def test_the_sdist_holds_the_sources_of_the_kernels_and_no_generated_c(sdist):
    assert {f"src/{name}" for name in sources("*.py", "*.pyx", "*.pxd", "*.h", "*.pyi")} <= sdist
    written = ("tests/", "benchmarks/")  # these bring C of their own
    others = {name for name in sdist if not name.startswith(written)}
    assert not {name for name in others if name.endswith((".c", ".so", ".pyc"))}


def test_the_sdist_holds_what_a_packager_runs(sdist):
    for name in (
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "Makefile",
        "docs/conf.py",
        "tests/naive.py",
        "plugins/featcls-example/pyproject.toml",
    ):
        assert name in sdist


def test_the_wheel_holds_modules_types_and_data_and_no_sources(wheel):
    assert sources("*.py", "*.pyi", "py.typed", "*.toml", "*.css") <= wheel
    assert "featcls/py.typed" in wheel
    assert not {name for name in wheel if name.endswith((".c", ".pyx", ".h"))}


def test_the_wheel_holds_nothing_but_the_package_and_its_metadata(wheel):
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"featcls"}


def test_every_extra_but_gpu_and_euxfel_is_in_all_or_for_developers():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    (whole,) = extras["all"]
    listed = set(whole.removeprefix("featcls[").removesuffix("]").split(","))
    assert set(extras) - listed == {"all", "gpu", "euxfel", "test", "docs", "bench"}
