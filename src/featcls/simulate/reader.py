"""Simulated frames as a dataset: nothing on disk, each frame made when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from featcls.data.base import Frames, Reader
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl
from featcls.simulate.camera import Camera
from featcls.simulate.dataset import counts, labels
from featcls.simulate.presets import DEFAULT_PRESET, find_preset
from featcls.simulate.series import first
from featcls.simulate.structure_cache import content

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
    compressed : bool
        8-bit square roots; False gives the counts.
    changes : dict, optional
        Fields of the preset to set otherwise.

    Examples
    --------
    >>> reader = SimulateReader(n=3, changes={"shape": [64, 96]})
    >>> reader.frames("")[2].image.shape
    (64, 96)
    """

    def __init__(
        self,
        preset: str = DEFAULT_PRESET,
        n: int = 300,
        seed: int = 0,
        compressed: bool = True,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        self.preset = preset
        self.n = n
        self.seed = seed
        self.compressed = compressed
        self.changes = changes

    def understands(self, path: str, head: bytes) -> bool:
        """No file is of this kind: simulated data is asked for by name."""
        return False

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; `path` is not looked at."""
        return Frames(len(first(self.n)), self._frame)

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return the class of each frame, without rendering one."""
        found = labels(self.preset, self.n, self.seed, **self._changes)
        return [{"label": label} for label in found]

    def identity(self) -> dict[str, Any]:
        """Return what the pixels depend on: options, all settings, what a structure file holds."""
        settings = self._settings
        options = {**self.get_params(), "preset": settings.name}
        structure = getattr(settings, "structure", "").partition("#")[0]
        return {
            "version": self.version,
            "options": options,
            "settings": asdict(settings),
            "structure": content(structure) if structure else None,
        }

    @property
    def _changes(self) -> dict[str, Any]:
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in (self.changes or {}).items()
        }

    @property
    def _settings(self) -> Camera:
        return find_preset(self.preset, **self._changes)

    def _frame(self, index: int) -> Frame:
        from featcls.simulate.detector import compress
        from featcls.simulate.tiles import tiles

        image, truth = counts(self.preset, self.seed, index, **self._changes)
        settings = self._settings
        return Frame(
            compress(image) if self.compressed else image,
            mask=tiles(settings).dead,
            frame_id=f"simulate://{settings.name}/{self.seed}#{index}",
            geometry=Geometry(
                beam_center=settings.center,
                pixel_size=settings.pixel,
                distance=settings.distance,
                wavelength=truth["wavelength"] * 1e-10,
            ),
            meta=truth,
        )


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the simulator as a reader."""
    register("simulate", SimulateReader)
