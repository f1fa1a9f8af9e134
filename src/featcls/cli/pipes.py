"""What becomes of the command line when standard output takes no more."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CLOSED = 141  # what shells say of a program that SIGPIPE has ended


@contextmanager
def quiet_end() -> Iterator[None]:
    """Exit without a word once nobody reads standard output or error, as behind `| head`.

    What was printed is flushed here, while a failure can still be told. A pipe that breaks
    elsewhere, such as to a worker, stays the error that it is.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not (_is_left(1) or _is_left(2)):
            raise
        abandon(1)
        abandon(2)
        raise SystemExit(CLOSED) from None


def abandon(descriptor: int) -> None:
    """Send what is still to be written nowhere: the interpreter flushes once more as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _is_left(descriptor: int) -> bool:
    """Say whether the other end of a pipe or terminal is closed."""
    asked = select.poll()
    asked.register(descriptor, 0)  # errors and hang-ups are told unasked
    return bool(asked.poll(0))
