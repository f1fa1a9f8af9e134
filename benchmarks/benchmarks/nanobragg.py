"""nanoBragg beside the simulator, where FEATCLS_NANOBRAGG names a program built from its source.

Its public source is one C file (`gcc -O3 -o nanoBragg nanoBragg.c -lm`). Newer versions compare,
for `-tophat_spots`, a distance in 1/angstrom times the number of cells; build one that compares
`hrad_sqr`, the squared distance in Miller indices times the numbers of cells, with 0.3969.
"""

import os
import resource
import subprocess

import numpy as np

from featcls.simulate import find_preset
from featcls.simulate.structure import structure_factors

VARIABLE = "FEATCLS_NANOBRAGG"


def program():
    """Path of the program, or None."""
    return os.environ.get(VARIABLE)


def settings(n=512, **changes):
    """Settings that nanoBragg can be told too: its beam falls a pixel beside the middle."""
    centre = (n / 2 + 0.5, n / 2 + 0.5)
    return find_preset(
        "diffranet-text", shape=(n, n), beam_center=centre, crystal_scale=1.0, **changes
    )


def write_factors(folder, preset):
    """Write all amplitudes as nanoBragg dumps them: limits, then doubles, one more each way."""
    table = structure_factors(preset)
    if table.octant:
        values = table.values[np.ix_(*(np.abs(np.arange(1 - n, n)) for n in table.values.shape))]
    else:
        values = np.concatenate([table.values[:0:-1, ::-1, ::-1], table.values])
    amplitudes = np.zeros([n + 1 for n in values.shape])
    amplitudes[:-1, :-1, :-1] = np.sqrt(values)
    amplitudes[0, 0, 0] = 0.0  # out of reach, and no white space for the reader to skip
    limits = " ".join(f"{-(n // 2)} {n // 2}" for n in values.shape)
    (folder / "factors.bin").write_bytes(f"{limits}\n\f".encode() + amplitudes.tobytes())


def run(folder, preset, wavelength, basis, oversample, domains=0):
    """Expected photons of a crystal with rows a*, b*, c* (1/angstrom); seconds of the processor.

    The beam runs along x there and along z here, rows run down along -y there and y here.
    """
    matrix = basis[:, ::-1] * [1.0, -1.0, 1.0] * wavelength
    np.savetxt(folder / "crystal.mat", matrix.T, fmt="%.12g")
    words = {
        "-mat": "crystal.mat",
        "-dump": "factors.bin",
        "-floatfile": "light.bin",
        "-lambda": wavelength,
        "-distance": preset.distance * 1e3,
        "-pixel": preset.pixel * 1e3,
        "-detpixels": preset.shape[0],
        "-fluence": preset.photons / preset.beam_width**2,
        "-oversample": oversample,
        **dict(zip(("-Na", "-Nb", "-Nc"), preset.blocks, strict=True)),
    }
    if domains:
        words |= {"-mosaic": preset.mosaic, "-mosaic_domains": domains}
    switches = ["-tophat_spots", "-nointerpolate", "-nonoise", "-nopgm", "-noprogress"]
    command = [program(), *switches, *(str(word) for pair in words.items() for word in pair)]
    before = _children()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    light = np.fromfile(folder / "light.bin", np.float32).reshape(preset.shape)
    return light, _children() - before


def _children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
