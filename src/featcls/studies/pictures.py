"""Frames behind a chain, made once and kept as files: what networks learn from."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
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
from featcls.pipeline import Chains, needs_fit
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
    """Return the frames of a bench behind a config's chain; as `several`."""
    return several(bench, [config])[0]


def several(bench: Bench, configs: Sequence[Config]) -> list[Pictures]:
    """Return the frames of a bench behind the chain of each config.

    Those that are not there are made on threads, each frame read once for all chains.

    Raises
    ------
    DataError
        A chain leaves frames of several sizes or types.
    ValueError
        A step learns from frames: it would see those of the test.
    """
    paths, chains = [], {}
    for config in configs:
        chain = canonical(config, bench.registry.space_of)["preprocess"]
        if needs_fit(chain, bench.registry):
            raise ValueError("pictures take steps that learn nothing")
        versions = bench.registry.versions([("preprocessor", step["name"]) for step in chain])
        key = digest([bench.problem.dataset.pixels_id, chain, versions])[:16]
        paths.append(bench.setting.work / "pictures" / f"{key}.npy")
        chains[paths[-1]] = chain
    if missing := {path: chain for path, chain in chains.items() if not path.exists()}:
        (bench.setting.work / "pictures").mkdir(parents=True, exist_ok=True)
        _make(bench, missing)
    return [Pictures(path) for path in paths]


def masks_of(path: Path) -> Path:
    """Return the file of the masks that belong to a file of images."""
    return path.with_suffix(".mask.npy")


class _Stack:
    """Files that are written: the images of one chain, and their masks."""

    def __init__(self, path: Path, n: int, first: Frame, files: ExitStack) -> None:
        self.path, self.masked = path, False
        self.like = (first.shape, first.image.dtype)
        opened = [files.enter_context(unfinished(p)) for p in (path, masks_of(path))]
        self.images, self.masks = (
            np.lib.format.open_memmap(file, "w+", kind, (n, *first.shape))
            for file, kind in zip(opened, (first.image.dtype, np.dtype(bool)), strict=True)
        )

    def put(self, index: int, frame: Frame) -> None:
        """Write one frame."""
        if (frame.shape, frame.image.dtype) != self.like:
            raise DataError(
                f"frame {frame.frame_id or index} is {frame.shape} {frame.image.dtype} behind "
                f"the chain, the first {self.like[0]} {self.like[1]}",
                "a network takes frames of one size: leave the others out of the data",
            )
        self.images[index] = frame.image
        if frame.mask is not None:
            self.masks[index] = frame.mask
            self.masked = True


def _make(bench: Bench, chains: Mapping[Path, Sequence[Config]]) -> None:
    from joblib import Parallel, delayed

    through = Chains(list(chains.values()), bench.registry)
    first, n = bench.problem.frame(int(bench.good[0])), len(bench.problem.dataset)
    with ExitStack() as files:
        stacks = [
            _Stack(path, n, made, files) for path, made in zip(chains, through(first), strict=True)
        ]
        shapes = ", ".join(f"{rows} x {cols}" for (rows, cols), _ in (s.like for s in stacks))
        bench.setting.observer(f"pictures of {n} frames, {shapes} pixels")

        def fill(index: int) -> None:
            for stack, made in zip(stacks, through(bench.problem.frame(index)), strict=True):
                stack.put(index, made)

        Parallel(n_jobs=bench.setting.n_jobs, prefer="threads")(
            delayed(fill)(int(index)) for index in bench.good
        )
        for stack in stacks:
            stack.images.flush()
            stack.masks.flush()
    for stack in stacks:
        if not stack.masked:
            masks_of(stack.path).unlink()


@lru_cache(maxsize=16)
def _opened(path: Path) -> NDArray[Any]:
    opened: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return opened
