"""Commands of featcls as a person runs them, with this plugin."""

import subprocess
import sys

import numpy as np
from patterns import spotted

from featcls.plugins import registry

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)


def featcls(folder, *words):
    """Run a command in a folder and return what it printed, or fail with what it said."""
    done = subprocess.run(command_line(*words), cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def command_line(*words):
    """Return the words of a process that runs `featcls` with the plugin, installed or not."""
    plugin = [option for name in MODULES for option in ("--plugin", name)]
    return [sys.executable, "-m", "featcls.cli", *map(str, words), *plugin]


def write_stack(path, n, side=40):
    """Write n frames in three classes as an .npz stack."""
    frames, codes = spotted(n, side)
    labels = np.array(["none", "few", "many"])[codes]
    np.savez(path, images=np.stack([frame.image for frame in frames]), labels=labels)
