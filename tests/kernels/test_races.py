"""Row loops share nothing that one of them writes: the thread sanitizer watches four threads.

The program is plain pthreads, since the sanitizer does not see what GCC's OpenMP waits for.
"""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

HEADERS = Path(__file__).parents[2] / "src" / "featcls" / "_ext"
PROGRAM = Path(__file__).with_name("same_bits.c")
FLAGS = ["-O1", "-g", "-fsanitize=thread", "-ffp-contract=off", "-Wno-psabi"]
RACE_FOUND = 66
RACE = """
#include <pthread.h>
static int shared;
static void *run(void *nothing) { shared++; return nothing; }
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, run, 0);
    shared++;
    return pthread_join(thread, 0);
}
"""


def build(source, program):
    command = ["cc", *FLAGS, "-DSIMD_CLONES=", f"-I{HEADERS}", str(source), "-o", str(program)]
    return subprocess.run([*command, "-lm", "-pthread"], capture_output=True, text=True)


@pytest.fixture(scope="module")
def run_watched(tmp_path_factory):
    """Runs a program as the sanitizer wants it here, once a race was made and seen."""
    folder = tmp_path_factory.mktemp("race")
    source, program = folder / "race.c", folder / "race"
    source.write_text(RACE)
    if shutil.which("cc") is None or build(source, program).returncode:
        pytest.skip("needs a C compiler with -fsanitize=thread")
    # Some kernels place memory where the sanitizer keeps its own: then without random places.
    for prefix in ([], ["setarch", platform.machine(), "-R"]):
        if prefix and shutil.which(prefix[0]) is None:
            break
        if subprocess.run([*prefix, str(program)], capture_output=True).returncode == RACE_FOUND:
            return lambda *command: subprocess.run(
                [*prefix, *map(str, command)], capture_output=True, text=True
            )
    pytest.skip("the thread sanitizer does not run on this machine")


def test_four_threads_race_for_nothing_and_find_the_same(tmp_path, run_watched):
    program = tmp_path / "same_bits"
    built = build(PROGRAM, program)
    assert built.returncode == 0, built.stderr
    done = run_watched(program, 4)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    first = lines[: len(lines) // 4]
    assert len(first) > 20
    assert lines == 4 * first
