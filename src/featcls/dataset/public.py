"""Public data sets of the field, known by how their files lie.

DiffraNet (Souza et al. 2018, arXiv:1904.11834): `synthetic/{train,validation,test}/{1..5}` and
`real_raw/{validation,test}/{1,2}`, `real_preprocessed/...`, as the authors' scripts read them.
CXIDB 76 (Ke et al. 2018, doi:10.1107/S1600577518004873): HDF5 files of 2000 images a run, and
`expert_annotation.txt` of each run.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace

from featcls.dataset.hitlists import read_hits
from featcls.dataset.records import Record
from featcls.errors import DataError

SYNTHETIC = {
    str(number): name
    for number, name in enumerate(("blank", "no-crystal", "weak", "good", "strong"), 1)
}
REAL = {"1": "no-diffraction", "2": "diffraction"}
DIFFRANET_SPLITS = {"train", "validation", "test"}
EXPERT = "expert_annotation.txt"


def named_as_diffranet(source: str, records: list[Record]) -> list[Record]:
    """Give the classes 1, 2, ... of a part of DiffraNet their names; other data stays as it is.

    The real images have no training split: there, `validation` is to learn from.
    """
    folder = os.path.basename(os.path.normpath(source)).lower()
    above = os.path.basename(os.path.dirname(os.path.abspath(source))).lower()
    real = folder.startswith("real") or above == "real"
    names = REAL if real else SYNTHETIC
    splits = {record.split for record in records}
    known = splits <= DIFFRANET_SPLITS and {record.label for record in records} == set(names)
    if not known or not (real or folder == "synthetic"):
        return records
    learn = "validation" if "train" not in splits else "train"
    return [
        replace(
            record,
            label=names[str(record.label)],
            split="train" if record.split == learn else record.split,
        )
        for record in records
    ]


def check_one_part(source: str, tops: set[str]) -> None:
    """Refuse all of DiffraNet at once: its parts have other classes.

    Raises
    ------
    DataError
        The folder holds several parts.
    """
    if "synthetic" in tops and all(
        name == "synthetic" or name.startswith("real") for name in tops
    ):
        raise DataError(
            f"{source} holds the parts {', '.join(sorted(tops))} of DiffraNet",
            f"take one, such as {os.path.join(source, 'synthetic')}",
        )


def annotated_runs(source: str, records: Sequence[Record]) -> list[Record]:
    """Frames that an expert has annotated, run by run; none where there is no annotation.

    A run without its file, which is large, is passed over with a warning.

    Raises
    ------
    DataError
        An annotation that cannot be read, or none of whose files are there.
    """
    lists = [
        os.path.join(folder, EXPERT) for folder, _, names in os.walk(source) if EXPERT in names
    ]
    if not lists:
        return []
    files = {os.path.basename(record.path): record for record in records}
    found, missing = [], {}
    for path in sorted(lists):
        for entry in read_hits(path).entries:
            if (file := files.get(entry.frame.path)) is None:
                missing[entry.frame.path] = path
                continue
            group = file.path
            found.append(replace(file, index=entry.frame.index, label=entry.label, group=group))
    if missing:
        named = ", ".join(missing)
        if not found:
            raise DataError(f"{lists[0]} names {named}, which is not there", "put it beside it")
        warnings.warn(f"annotated files that are not there are left out: {named}")
    return found
