"""Frames behind a chain, made once and kept as files: what networks learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.atomic import unfinished
from featcls.config import Config, canonical, digest
from featcls.errors import DataError
from featcls.frame import Frame
from featcls.pipeline import apply, needs_fit, steps
from featcls.studies.bench import Bench


@dataclass(frozen=True)
class Pictures:
    """The frames of a bench behind a chain, by their number in its data set.

    Parameters
    ----------
    path : Path
        Images (n, rows, cols) as `.npy`; beside it, where a frame has one, the masks. Pickled
        as this path alone: every process reads for itself.
    """

    path: Path

    def frame(self, index: int) -> Frame:
        """Return one frame, without its geometry."""
        masks = masks_of(self.path)
        mask = np.array(_opened(masks)[index]) if masks.exists() else None
        return Frame(np.array(_opened(self.path)[index]), mask, f"{self.path.stem}#{index}")


def pictures(bench: Bench, config: Config) -> Pictures:
    """Return the frames of a bench behind a config's chain, made on threads if they are not there.

    Raises
    ------
    DataError
        The chain leaves frames of several sizes or types.
    ValueError
        A step learns from frames: it would see those of the test.
    """
    chain = canonical(config, bench.registry.space_of)["preprocess"]
    if needs_fit(chain, bench.registry):
        raise ValueError("pictures take steps that learn nothing")
    versions = bench.registry.versions([("preprocessor", step["name"]) for step in chain])
    key = digest([bench.problem.dataset.pixels_id, chain, versions])[:16]
    path = bench.setting.work / "pictures" / f"{key}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(bench, chain, path)
    return Pictures(path)


def masks_of(path: Path) -> Path:
    """Return the file of the masks that belong to a file of images."""
    return path.with_suffix(".mask.npy")


def _make(bench: Bench, chain: Sequence[Config], path: Path) -> None:
    from joblib import Parallel, delayed

    prepared = steps(chain, bench.registry)
    frames = bench.problem.frame
    first = apply(prepared, frames(int(bench.good[0])))
    n = len(bench.problem.dataset)
    bench.setting.observer(f"pictures of {n} frames, {first.shape[0]} x {first.shape[1]} pixels")
    with unfinished(path) as images_file, unfinished(masks_of(path)) as masks_file:
        images = _new(images_file, n, first.image)
        masks = _new(masks_file, n, np.zeros(first.shape, bool))

        def fill(index: int) -> bool:
            frame = apply(prepared, frames(index))
            if (frame.shape, frame.image.dtype) != (first.shape, first.image.dtype):
                raise DataError(
                    f"frame {frame.frame_id or index} is {frame.shape} {frame.image.dtype} behind "
                    f"the chain, the first {first.shape} {first.image.dtype}",
                    "a network takes frames of one size: leave the others out of the data",
                )
            images[index] = frame.image
            if frame.mask is not None:
                masks[index] = frame.mask
            return frame.mask is not None

        made = Parallel(n_jobs=bench.setting.n_jobs, prefer="threads")(
            delayed(fill)(int(index)) for index in bench.good
        )
        images.flush()
        masks.flush()
    if not any(made):
        masks_of(path).unlink()


def _new(path: Path, n: int, like: NDArray[Any]) -> Any:
    return np.lib.format.open_memmap(path, "w+", like.dtype, (n, *like.shape))


@lru_cache(maxsize=16)
def _opened(path: Path) -> NDArray[Any]:
    opened: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return opened
