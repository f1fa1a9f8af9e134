"""Simulated frames: the spots alone, the whole chain, and series of files."""

import tempfile

import numpy as np

from featcls.simulate import find_preset, labels, shot
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
