"""Files that are there whole or not at all."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside `path`; the file written there takes its own at the end.

    On an error the temporary file goes, and what stood at `path` stays.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> with unfinished(folder / "a.txt") as temporary:
    ...     _ = temporary.write_text("whole")
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    path = Path(path)
    refuse_special(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename in (temporary, str(temporary)):
            error.filename = str(path)  # the name that was asked for
        raise
    finally:
        temporary.unlink(missing_ok=True)


def refuse_special(path: str | os.PathLike[str]) -> None:
    """Raise OSError for a folder, a pipe or a device: nothing may take the name of one."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all, and onto the disk before it takes its name."""
    with unfinished(path) as temporary, open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
