"""The frames of a file that has come."""

from collections.abc import Iterator

from featcls.dataset.address import Address, parse_address
from featcls.dataset.files import Files
from featcls.dataset.records import Record
from featcls.errors import DataError, UnreadableFrameError
from featcls.screen.arrivals import Outcome


def frames_of(files: Files, text: str) -> Iterator[Outcome]:
    """Yield the frames of what somebody wrote, such as `a.cbf` or `run.h5::/entry/data#7`."""
    try:
        address = parse_address(text)
    except DataError as error:
        yield _as_unreadable(error, text, None)
    else:
        yield from frames_at(files, address)


def frames_at(files: Files, own: Address) -> Iterator[Outcome]:
    """Yield the frames of an address."""
    try:
        records = list(files.expand("", [Record(own.path, own.index, dataset=own.dataset)]))
    except DataError as error:
        yield _as_unreadable(error, own.path, own.index)
        return
    for record in records:
        try:
            yield files.frame("", record)
        except UnreadableFrameError as error:
            yield error


def _as_unreadable(error: DataError, path: str, index: int | None) -> UnreadableFrameError:
    if isinstance(error, UnreadableFrameError):
        return error
    return UnreadableFrameError(path, index, error.message, error.remedy)
