"""Simulated frames as a dataset: nothing on disk, each frame made when it is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, overload

from featcls.data.base import Reader
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl
from featcls.simulate import DEFAULT_PRESET, labels, shot
from featcls.simulate.presets import find_preset

featcls_api = 1


class SimulateReader(Reader):
    """The first `n` shots of a simulated series.

    Parameters
    ----------
    preset : str
        Name of a preset.
    n : int
        Number of frames.
    seed : int
        Seed of the series.

    Examples
    --------
    >>> reader = SimulateReader(n=3)
    >>> reader.frames("")[2].image.shape
    (512, 512)
    """

    def __init__(self, preset: str = DEFAULT_PRESET, n: int = 300, seed: int = 0) -> None:
        self.preset = preset
        self.n = n
        self.seed = seed

    def understands(self, path: str, head: bytes) -> bool:
        """No file is of this kind: simulated data is asked for by name."""
        return False

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; `path` is not looked at."""
        return _Shots(find_preset(self.preset).name, self.n, self.seed)

    def identity(self) -> dict[str, Any]:
        """Return version and options, the preset by its full name: with and without `@1` alike."""
        options = {**self.get_params(), "preset": find_preset(self.preset).name}
        return {"version": self.version, "options": options}

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return the class of each frame, without rendering one."""
        return [{"label": label} for label in labels(self.preset, self.n, self.seed)]


class _Shots(Sequence[Frame]):
    def __init__(self, preset: str, n: int, seed: int) -> None:
        self.preset = preset
        self.n = n
        self.seed = seed

    def __len__(self) -> int:
        return self.n

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [self[i] for i in range(self.n)[index]]
        number = range(self.n)[index]
        image, truth = shot(self.preset, self.seed, number)
        preset = find_preset(self.preset)
        rows, cols = preset.shape
        geometry = Geometry(
            beam_center=((rows - 1) / 2, (cols - 1) / 2),
            pixel_size=preset.pixel,
            distance=preset.distance,
            wavelength=truth["wavelength"] * 1e-10,
        )
        name = f"simulate://{self.preset}/{self.seed}#{number}"
        return Frame(image, frame_id=name, geometry=geometry, meta=truth)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the simulator as a reader."""
    register("simulate", SimulateReader)
