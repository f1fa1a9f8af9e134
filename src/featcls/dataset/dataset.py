"""A data set: ordered frames with their labels, opened from its spec anywhere."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset.address import Address
from featcls.dataset.ahead import ahead
from featcls.dataset.classes import encode
from featcls.dataset.digests import labels_digest, pixels_digest
from featcls.dataset.files import Files
from featcls.dataset.layouts import find_records
from featcls.dataset.records import Record
from featcls.dataset.scan import find_bad_frames
from featcls.dataset.spec import Spec, make_spec
from featcls.errors import DataError, UnreadableFrameError
from featcls.frame import Frame
from featcls.plugins import registry


def open_dataset(
    source: str | os.PathLike[str] | Mapping[str, Any] | None,
    *,
    reader: str | None = None,
    options: Mapping[str, Any] | None = None,
    detector: Mapping[str, Any] | None = None,
    classes: Sequence[str] | None = None,
    labelled: bool | None = None,
    plugins: Sequence[str] = (),
) -> "Dataset":
    """Open a data set.

    Parameters
    ----------
    source : path, spec or None
        A folder (a folder per class; train, test, ... folders of such; or with manifest.csv
        or split.csv), a CSV manifest, a file of frames, or the spec of a data set.
    reader : str, optional
        The reader of all files; else each file is read by the one that understands it.
    options : mapping, optional
        Options of that reader, or of any that know them, JSON values.
    detector : mapping, optional
        Masks and geometry that the files do not hold: `mask` (paths of mask images, not 0 is
        ignored), `replace_mask`, `mask_edge`, `mask_values`, `polygons`, `geometry` (a .geom
        or .poni file), `assemble`, `beam_center` (row, col), `pixel_size`, `distance`,
        `wavelength` (metres).
    classes : sequence of str, optional
        Fixes the classes and their order; else they are the manifest's, or those found in
        natural order.
    labelled : bool, optional
        False where no labels are wanted: `y` is None then. Default True.
    plugins : sequence of str
        Modules with readers that no installed distribution registers.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        The source is missing, empty, mixed, not labelled or labelled wrongly.
    UsageError
        An unknown key, reader or option.

    Examples
    --------
    >>> data = open_dataset(None, reader="simulate", options={"n": 20, "seed": 1})
    >>> len(data), data.frame(0).shape, data.classes
    (20, (512, 512), ('blank', 'good', 'no-crystal', 'strong', 'weak'))
    """
    spec = make_spec(
        source,
        reader=reader,
        options=options,
        detector=detector,
        classes=classes,
        labelled=labelled,
    )
    return Dataset(spec, plugins)


class Dataset:
    """Ordered frames with labels; open it with `open_dataset`.

    Frames are read when they are asked for. Pickling gives the spec alone.

    Attributes
    ----------
    spec : dict
        JSON; `open_dataset(spec)` gives the same data set.
    root : str
        Folder that frame ids are relative to; empty for data without files.
    classes : tuple of str
        Codes index it; empty without labels.
    y : (n,) int64 array of codes, (n, k) uint8 array of 0 and 1, or None
        Two-dimensional where any frame may have several labels, None without labels.
    split : (n,) str array
        `train`, `validation`, `calibration` or `test`.
    group : (n,) str array or None
        Frames of one group never straddle a split; None where none are known.
    weight : (n,) float64 array
        Sample weights.
    frame_ids : list of str
        Path relative to `root`, with `::/dataset` where a row names an array in the file, and
        `#index` where a file holds several frames, and `[row0:row1,col0:col1]` for a region.
    records : list of Record
        Where each frame is and what is said of it.
    """

    def __init__(self, spec: Spec, plugins: Sequence[str] = ()) -> None:
        self.spec = spec
        self._plugins = tuple(plugins)
        self._files = Files(
            registry(self._plugins), spec["reader"], spec["options"], spec.get("detector")
        )
        labelled = spec["select"].get("labelled", True)
        self.root, self.records, stated = self._find(labelled)
        self.classes: tuple[str, ...] = ()
        self.y: NDArray[Any] | None = None
        if labelled:
            self.classes, self.y = encode(self.records, spec["select"].get("classes") or stated)
        self.split = np.array([record.split for record in self.records])
        self.weight = np.array([record.weight for record in self.records], np.float64)
        self.frame_ids = [self._frame_id(record) for record in self.records]
        self.group = self._groups()

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        return f"<Dataset of {len(self)} frames, {len(self.classes)} classes: {self._place}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Dataset, (self.spec, self._plugins)

    @property
    def multilabel(self) -> bool:
        """True where a frame may have several labels."""
        return self.y is not None and self.y.ndim == 2

    @property
    def runs(self) -> NDArray[np.int64]:
        """(n,) number of the file that each frame shares with others; -1 where it has its own."""
        number: dict[str, int] = {}
        return np.array(
            [
                -1
                if record.index is None and not record.dataset
                else number.setdefault(record.path, len(number))
                for record in self.records
            ],
            np.int64,
        )

    @property
    def in_time(self) -> bool:
        """True where all readers say that frames of one file follow one another."""
        used = {record.reader for record in self.records if record.reader}
        return all(self._files.readers[name].in_time for name in used)

    @cached_property
    def pixels_id(self) -> str:
        """Digest of the ordered pixels: file contents, indices, reader and its options."""
        return pixels_digest(self.root, self.records, self._files)

    @cached_property
    def dataset_id(self) -> str:
        """Digest of `pixels_id`, labels, classes, split, group and weight."""
        return labels_digest(self.pixels_id, self.classes, self.y, self.records)

    def frame(self, index: int) -> Frame:
        """Read one frame.

        Raises
        ------
        UnreadableFrameError
            The frame is damaged, too large, or its file is gone.
        """
        record = self.records[index]
        frame = self._files.frame(self.root, record)
        return frame.replace(frame_id=self.frame_ids[index], meta={**frame.meta, **record.extra})

    def frames(self, indices: Iterable[int] | None = None) -> Iterator[Frame]:
        """Read the given frames one after the other, all of them by default."""
        for index in range(len(self)) if indices is None else indices:
            yield self.frame(int(index))

    def outcomes(
        self, indices: Iterable[int] | None = None, n_threads: int = 0
    ) -> Iterator[Frame | UnreadableFrameError]:
        """Give each frame, or the error of one that cannot be read, in order.

        With threads, frames are read ahead of whoever takes them: four a thread at most.
        """

        def outcome(index: int) -> Frame | UnreadableFrameError:
            try:
                return self.frame(int(index))
            except UnreadableFrameError as error:
                return error

        return ahead(outcome, range(len(self)) if indices is None else indices, n_threads)

    def bad_frames(self) -> dict[int, UnreadableFrameError]:
        """Read every frame once and return the errors of those that cannot be read, by index.

        What was found is kept by content: a second look reads no pixel.
        """
        return find_bad_frames(self.root, self.records, self._files)

    def class_counts(self, indices: Iterable[int] | None = None) -> dict[str, int]:
        """Number of frames of each class among the given ones, all by default."""
        if self.y is None:
            return {}
        y = self.y if indices is None else self.y[np.asarray(list(indices), np.int64)]
        if self.multilabel:
            counts = y.sum(axis=0, dtype=np.int64)
        else:
            counts = np.bincount(y, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    @property
    def _place(self) -> str:
        return str(self.spec["source"] or f"reader {self.spec['reader']}")

    def _find(self, labelled: bool) -> tuple[str, list[Record], list[str] | None]:
        if self.spec["source"] is None:
            root, found, stated = "", [Record("")], None
        else:
            files = self._files
            root, found, stated = find_records(
                self.spec["source"], labelled, files.is_frame, files.remedy
            )
        records = list(self._files.expand(root, found))
        if not records:
            raise DataError(f"{self._place} holds no frame", "check the source and its options")
        return root, records, stated

    def _frame_id(self, record: Record) -> str:
        """Name a frame; `#index` only where its file holds several."""
        path = record.path or str(self.spec["reader"])
        name = str(Address(path, record.dataset, record.index))
        if record.roi is None:
            return name
        return "{}[{}:{},{}:{}]".format(name, *record.roi)

    def _groups(self) -> NDArray[np.str_] | None:
        groups = [record.group for record in self.records]
        if not any(groups):
            if not any(record.roi for record in self.records):
                return None
            # Regions of one frame belong together.
            groups = [self._frame_id(replace(record, roi=None)) for record in self.records]
        # A frame without a group is a group of its own.
        return np.array([group or f"frame {i}" for i, group in enumerate(groups)])
