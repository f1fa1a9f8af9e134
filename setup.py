"""Build of the Cython extensions; everything else about the project is in pyproject.toml.

Every `src/featcls/_ext/*.pyx` becomes an extension. OpenMP is used where a small program
compiles and links with it; without it the kernels build all the same and run on one thread.
No flag depends on the building machine: row loops choose their instruction set at run time.

For the test suite only: `FEATCLS_BOUNDSCHECK=1` builds with index checks, `FEATCLS_SANITIZE=1`
with GCC's sanitizers of addresses and undefined behaviour (see `.ci/sanitize`).
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

EXT = Path("src/featcls/_ext")
CHECKED = os.environ.get("FEATCLS_BOUNDSCHECK") == "1"
SANITIZED = os.environ.get("FEATCLS_SANITIZE") == "1"
# The limited API gives one wheel for CPython >= 3.11; free-threaded builds have none.
ABI3 = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Contracted multiply-adds would change the bits of the float kernels from machine to machine.
# Without errno and traps the loops with sqrt or a condition become vector loops; no value changes.
FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
SANITIZER = ["-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
# Without clones, which take long to build, but with the widest vectors.
ONE_CLONE = ["-DSIMD_CLONES=", "-DSIMD_CHOICE"]
SANITIZER_FLAGS = [*SANITIZER, *ONE_CLONE, "-O1", "-g1", "-fno-omit-frame-pointer"]
QUIET = ["-Wno-psabi", "-Wno-unused-function"]  # vectors stay inside; headers serve several
OPENMP_FLAGS = {  # platform -> compile and link arguments to try
    "darwin": (["-Xpreprocessor", "-fopenmp"], ["-lomp"]),
    "linux": (["-fopenmp"], ["-fopenmp"]),
}
OPENMP_PROGRAM = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": CHECKED,
    "wraparound": False,
    "initializedcheck": CHECKED,
    "cdivision": True,
    "embedsignature": True,
}


def openmp_flags(compiler):
    """Compile and link arguments for OpenMP, empty where it does not work."""
    flags = OPENMP_FLAGS.get(sys.platform, ([], []))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "openmp.c")
        source.write_text(OPENMP_PROGRAM)
        try:
            objects = compiler.compile([str(source)], folder, extra_preargs=flags[0])
            compiler.link_executable(objects, str(Path(folder, "openmp")), extra_postargs=flags[1])
        except (CompileError, LinkError):
            print("featcls: no OpenMP found, the kernels will run on one thread")
            return [], []
    return flags


class BuildExtensions(build_ext):
    """Turn each .pyx into C under `build/` (not beside its source) and compile it."""

    def finalize_options(self):
        folder = "build/cython-checked" if CHECKED else "build/cython"
        self.distribution.ext_modules[:] = cythonize(
            self.distribution.ext_modules, build_dir=folder, compiler_directives=DIRECTIVES
        )
        super().finalize_options()
        self.force = self.force or CHECKED

    def build_extensions(self):
        compile_args, link_args = openmp_flags(self.compiler)
        for extension in self.extensions:
            extension.extra_compile_args += [*FLAGS, *QUIET, *compile_args]
            extension.extra_link_args += link_args
            if SANITIZED:
                extension.extra_compile_args += SANITIZER_FLAGS
                extension.extra_link_args += SANITIZER
        super().build_extensions()


class Abi3Wheel(bdist_wheel):
    def finalize_options(self):
        if ABI3:
            self.py_limited_api = "cp311"
        super().finalize_options()


setup(
    ext_modules=[
        Extension(
            f"featcls._ext.{source.stem}",
            [str(source)],
            include_dirs=[str(EXT)],
            depends=sorted(str(path) for path in (*EXT.glob("*.h"), *EXT.glob("*.pxd"))),
            define_macros=[("Py_LIMITED_API", "0x030B0000")] if ABI3 else [],
            py_limited_api=ABI3,
        )
        for source in sorted(EXT.glob("*.pyx"))
    ],
    cmdclass={"build_ext": BuildExtensions, "bdist_wheel": Abi3Wheel},
)
