"""Arrays from Python as a data set: written once, opened by every worker."""

import csv
import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike

from featcls import atomic
from featcls.dataset.spec import Spec, make_spec

MANIFEST = "manifest.csv"
STACK = "frames.npz"


def from_arrays(
    images: ArrayLike,
    labels: Sequence[Any] | None,
    folder: str | os.PathLike[str],
    *,
    mask: ArrayLike | None = None,
    classes: Sequence[str] | None = None,
    **columns: Sequence[Any],
) -> Spec:
    """Write arrays and their labels into a folder as a data set.

    Parameters
    ----------
    images : (n, rows, cols) array of bool, integer or float
    labels : sequence of n labels, or None
        Text or numbers; a list or tuple where a frame may have several.
    folder : path
        Made if need be; `frames.npz` and `manifest.csv` are replaced in it.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored.
    classes : sequence of str, optional
        Fixes the classes and their order.
    **columns : sequence of n
        `split`, `group`, `weight`, or any other column of a manifest.

    Returns
    -------
    dict
        The spec, for `open_dataset`. Equal arrays give equal files, byte for byte.

    Raises
    ------
    ValueError
        Lengths or shapes that do not fit.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from featcls.dataset import open_dataset
    >>> with TemporaryDirectory() as folder:
    ...     data = open_dataset(from_arrays(np.eye(3).reshape(3, 1, 3), ["b", "a", "b"], folder))
    ...     data.y, data.frame(2).image
    (array([1, 0, 1]), array([[0., 0., 1.]]))
    """
    stack = np.asarray(images)
    if stack.ndim != 3:
        raise ValueError(f"images have shape {stack.shape}; wanted (n, rows, cols)")
    if labels is not None:
        columns = {"label": [_label_text(label) for label in labels], **columns}
    for name, values in columns.items():
        if len(values) != len(stack):
            raise ValueError(f"{name} has {len(values)} entries for {len(stack)} images")
    arrays = {"images": stack} if mask is None else {"images": stack, "mask": np.asarray(mask)}
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    with atomic.unfinished(os.path.join(folder, STACK)) as temporary:
        _write_npz(temporary, arrays)
    # A stack of one is a file of one frame, which has no index.
    paths = [STACK] if len(stack) == 1 else [f"{STACK}#{i}" for i in range(len(stack))]
    rows = zip(paths, *columns.values(), strict=True)
    text = _csv_text([("path", *columns), *rows])
    atomic.write(os.path.join(folder, MANIFEST), text.encode())
    source = os.path.join(folder, MANIFEST)
    return make_spec(source, classes=classes, labelled=labels is not None)


def _label_text(label: Any) -> str:
    """Text of a label; a closing `;` says that a frame may have several."""
    return ";".join([*map(str, label), ""]) if isinstance(label, list | tuple) else str(label)


def _write_npz(file: Path, arrays: dict[str, Any]) -> None:
    """Write as np.savez does, with one date for all times: the same arrays, the same bytes."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def _csv_text(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
