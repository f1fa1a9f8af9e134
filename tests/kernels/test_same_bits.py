"""Cached features must not depend on the node: the row loops give the same bits everywhere."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

HEADERS = Path(__file__).parents[2] / "src" / "featcls" / "_ext"
FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-w", "-Wno-psabi"]
VARIANTS = {
    "x86-64": ["-march=x86-64"],
    "x86-64-v3": ["-march=x86-64-v3"],
    "x86-64-v4": ["-march=x86-64-v4"],
    "not optimised": ["-march=x86-64", "-O0"],
}


def checksums(folder, name, options):
    program = folder / name.replace(" ", "-")
    source = Path(__file__).with_name("same_bits.c")
    command = ["cc", *FLAGS, *options, "-DSIMD_CLONES=", f"-I{HEADERS}", str(source)]
    subprocess.run([*command, "-o", str(program), "-lm", "-pthread"], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True)
    return None if done.returncode else done.stdout  # an instruction this CPU does not have


@pytest.mark.skipif(platform.machine() != "x86_64", reason="compares x86-64 instruction sets")
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_every_instruction_set_gives_the_same_bits(tmp_path):
    found = {name: checksums(tmp_path, name, options) for name, options in VARIANTS.items()}
    wanted = found["x86-64"].splitlines()
    assert len(wanted) == 53
    assert wanted[2].split()[-1] == wanted[3].split()[-1]  # masked and marked pixels alike
    for name, output in found.items():
        if output is not None:
            assert output.splitlines() == wanted, name
