"""A bar for frames that are gone through one by one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from featcls.cli import output


@contextmanager
def counting(n: int) -> Iterator[Callable[[int], None] | None]:
    """Give what is told how many of n frames are done, where somebody sees it: a bar with ETA."""
    from featcls.cli.logs import shows_progress

    if not (shows_progress() and output.stderr().is_terminal):
        yield None
        return
    from featcls.cli.live import progress_bar

    with progress_bar() as bar:
        task = bar.add_task("frames", total=n, note="")
        yield lambda done: bar.update(task, completed=done)
