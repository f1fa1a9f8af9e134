"""Which frames cannot be read, found by reading each of them once."""

import os
from collections.abc import Sequence

from featcls.config import digest
from featcls.dataset.ahead import ahead
from featcls.dataset.digests import origins
from featcls.dataset.files import Files
from featcls.dataset.memo import recall, remember
from featcls.dataset.records import Record
from featcls.errors import UnreadableFrameError


def find_bad_frames(
    root: str, records: Sequence[Record], files: Files
) -> dict[int, UnreadableFrameError]:
    """Errors of the frames that cannot be read, by position in `records`.

    The outcome is kept by content, reader and index, so that only new frames are read.
    """
    bad = {i: record.error for i, record in enumerate(records) if record.error is not None}
    on_disk = [i for i, record in enumerate(records) if record.path and record.error is None]
    found_in = origins(root, [records[i] for i in on_disk], files)
    keys = {i: f"read {digest(own)}" for i, own in zip(on_disk, found_in, strict=True)}
    known = recall(keys.values())

    def outcome(index: int) -> list[str] | None:
        try:
            files.frame(root, records[index])
        except UnreadableFrameError as error:
            return [error.what, error.remedy]
        return None

    unknown = [i for i in on_disk if keys[i] not in known]
    outcomes = ahead(outcome, unknown, min(8, os.cpu_count() or 1))
    found = dict(zip((keys[i] for i in unknown), outcomes, strict=True))
    remember(found)
    known.update(found)
    for i in on_disk:
        if told := known[keys[i]]:
            path = os.path.join(root, records[i].path)
            bad[i] = UnreadableFrameError(path, records[i].index, *told)
    return dict(sorted(bad.items()))
