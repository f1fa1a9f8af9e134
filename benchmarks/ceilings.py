"""What this machine can do at best, measured: the yardstick of ratios.py."""

import ctypes
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.polar import GRIDS

N = 1 << 22
TABLE = 4352  # entries from one of the four tables to the next


class Ceilings(NamedTuple):
    """Rates in operations a second, of one core."""

    increments_rate: float
    arithmetic_rate: float

    @classmethod
    def measured(cls):
        """Best of a few runs; None without a C compiler."""
        if shutil.which("cc") is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "ceilings.so")
            source = Path(__file__).with_name("ceilings.c")
            flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
            subprocess.run(["cc", *flags, str(source), "-o", str(program)], check=True)
            library = ctypes.CDLL(str(program))
        keys = np.random.default_rng(0).integers(0, 4096, N).astype(np.uint16)
        tables, sums = np.zeros(4 * TABLE, np.uint16), np.zeros(128)
        count = best(lambda: library.count_keys(at(keys), N, at(tables), TABLE))
        factor = ctypes.c_double(1)
        arithmetic = best(lambda: library.multiply_and_add(10 * N, factor, at(sums)))
        return cls(N / count, 20 * N / arithmetic)

    def increments(self, n):
        return n / self.increments_rate

    def binary_pattern(self, pixels, P, R):
        """Interpolation along the row once for each column offset that falls between pixels,
        between rows for each neighbour there, and a comparison: 3, 3 and 1 operations."""
        angle = 2 * np.pi * np.arange(P) / P
        row, column = np.round(-R * np.sin(angle), 5), np.round(R * np.cos(angle), 5)
        along = len({value for value in column.tolist() if value % 1})
        return pixels * (3 * along + 3 * np.count_nonzero(row % 1) + P) / self.arithmetic_rate

    def window_moments(self, pixels):
        """Sums and sums of squares that run down the columns and along the rows (1 + 4 + 4),
        and mean, variance, floor, square root, difference and quotient of each pixel (9)."""
        return pixels * 18 / self.arithmetic_rate

    def ring_products(self, size):
        """The products of the rings alone, as NumPy's BLAS takes them; no polar map."""
        rings = np.random.default_rng(0).random(GRIDS[size], np.float32)
        return best(lambda: rings @ rings.T)


def at(array):
    return ctypes.c_void_p(array.ctypes.data)


def best(call, runs=15):
    times = []
    for _ in range(runs):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)
