"""Simulated frames: the spots alone, the whole chain, and series of files."""

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import nanobragg
from featcls.simulate import find_preset, labels, shot
from featcls.simulate.crystal import reciprocal_cell, rotation
from featcls.simulate.sfx import write_sfx
from featcls.simulate.shots import draw_shots
from featcls.simulate.spots import expose


class Frame:
    """One lit crystal of 512 x 512: milliseconds a call."""

    params = (["diffranet-figure", "diffranet-text"],)
    param_names = ("preset",)

    def setup(self, preset):
        self.index = labels(preset, 100).index("good")
        self.settings = find_preset(preset)
        (self.row,) = draw_shots(self.settings, 0, [self.index]).rows()
        self.orientation = np.array(self.row["orientation"][0])
        self.light = np.zeros(self.settings.shape, np.float32)
        shot(preset, 0, self.index)  # tables of the preset

    def time_spots(self, preset):
        expose(self.settings, 1.0, self.row["wavelength"], self.orientation, self.light)

    def time_frame(self, preset):
        shot(preset, 0, self.index)


class Domains:
    """Explicit mosaic domains, the reference of the closed form."""

    params = ([1, 30, 300],)
    param_names = ("domains",)

    def setup(self, domains):
        self.settings = find_preset("diffranet-figure", domains=domains)
        self.light = np.zeros(self.settings.shape, np.float32)

    def time_spots(self, domains):
        expose(self.settings, 1.0, 1.5, np.array([0.5, 0.5, 0.5, 0.5]), self.light)


class Series:
    """Labelled frames with their files; memory must not grow with n."""

    params = ([30, 300], ["pgm", "png", "tiff", "hdf5"], [1, 2])
    param_names = ("n", "format", "threads")
    timeout = 120

    def setup(self, n, format, threads):
        shot("diffranet-figure", 0, 0)

    def time_write(self, n, format, threads):
        with tempfile.TemporaryDirectory() as folder:
            write_sfx(folder, n, format=format, n_jobs=threads)

    peakmem_write = time_write


class NanoBragg:
    """How often our spots fit into the time of nanoBragg's with explicit domains."""

    params = ([300, 1],)
    param_names = ("domains",)
    timeout = 300

    def setup(self, domains):
        if not nanobragg.program():
            raise NotImplementedError(f"set {nanobragg.VARIABLE} to a nanoBragg program")
        self.settings = nanobragg.settings()
        self.orientation = np.array([0.5, 0.5, 0.5, 0.5])
        self.basis = reciprocal_cell(self.settings.cell) @ rotation(self.orientation).T
        self.light = np.zeros(self.settings.shape, np.float32)
        self.folder = tempfile.TemporaryDirectory()
        nanobragg.write_factors(Path(self.folder.name), self.settings)
        expose(self.settings, 1.0, 1.5, self.orientation, self.light)  # table of the preset

    def track_ratio(self, domains):
        """Processor time, medians of three rounds in turn; 2 x 2 subpixels as for DiffraNet."""
        peer, ours = [], []
        for _ in range(3):
            peer.append(self._peer(domains))
            start = time.process_time()
            for _ in range(20):
                expose(self.settings, 1.0, 1.5, self.orientation, self.light)
            ours.append((time.process_time() - start) / 20)
        return float(np.median(peer) / np.median(ours))

    def _peer(self, domains):
        folder = Path(self.folder.name)
        return nanobragg.run(folder, self.settings, 1.5, self.basis, 2, domains)[1]
