"""Distributions that go wrong in every way a plugin can, as folders that a path may hold."""

from pathlib import Path

HEAD = """
import numpy as np
from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl

featcls_api = 1


class Hostile(Extractor):
    def feature_names(self):
        return ["mean"]

    def extract(self, frame):
        return np.array([frame.image.mean()])


@hookimpl
def register_extractors(register):
    register("{name}", Hostile)


"""
EXTRACT = HEAD + "Hostile.extract = lambda self, frame: "
CRASH = "import ctypes; ctypes.string_at(0)\n"
SOURCES = {
    "import_error": "import no_such_module\n",
    "sys_exit": "import sys; sys.exit(3)\n",
    "os_exit": "import os; os._exit(0)\n",
    "endless": "while True:\n    pass\n",
    "memory_eater": "eaten = [bytearray(1 << 28) for _ in range(1 << 12)]\n",
    "crash_at_import": CRASH,
    "crash_at_registration": HEAD.replace('    register("', f'    {CRASH}    register("'),
    "patches_numpy": HEAD + "np.mean = lambda *values: 0.0\n",
    "patches_featcls": HEAD + "import featcls.plugins as core; core.registry = None\n",
    "twice": HEAD.replace("{name}", "glcm"),
    "wrong_api": HEAD.replace("featcls_api = 1", "featcls_api = 99"),
    "lying_width": EXTRACT + "np.ones(1 + int(frame.image[0, 0]) % 3)\n",
    "not_a_number": EXTRACT + "np.array([np.nan])\n",
    "crash_in_extract": EXTRACT + "__import__('ctypes').string_at(0)\n",
    "sound": HEAD,
}
REASONS = {
    "import_error": "ModuleNotFoundError: No module named 'no_such_module'",
    "sys_exit": "SystemExit: 3",
    "os_exit": "its import ends the process, exit code 0",
    "endless": "its import takes more than 1 s",
    "memory_eater": "its import takes more than 4 GiB of memory",
    "crash_at_import": "its import dies by SIGSEGV",
    "crash_at_registration": "its import dies by SIGSEGV",
    "patches_numpy": "its import replaces numpy.mean",
    "patches_featcls": "its import replaces featcls.plugins.registry",
    "twice": "extractor 'glcm' of twice-dist 1 is already registered by featcls",
    "wrong_api": "states featcls_api = 99, this featcls speaks 1",
}


def distribution(folder: Path, name: str, source: str) -> None:
    """Write a module and what makes it an installed distribution with an entry point."""
    (folder / f"{name}.py").write_text(source.replace("{name}", name))
    info = folder / f"{name}_dist-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[featcls]\n{name} = {name}\n")
