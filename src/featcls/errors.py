"""What can go wrong for a user: each error has an exit code and says what to do.

`ValueError` and `TypeError` stay what they are for wrong arguments of functions; the
classes here are for what a person at the command line can act on.
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches


class FeatclsError(Exception):
    """Base of every error that featcls raises on purpose.

    Parameters
    ----------
    message : str
        What happened: the thing, what came, what was wanted.
    remedy : str, optional
        What to do about it, as one sentence.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.__dict__, self.args)

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class UsageError(FeatclsError, ValueError):
    """A config, space, parameter or option that cannot be meant."""

    exit_code = 2


class DataError(FeatclsError):
    """A dataset that cannot be used as it is."""


class UnreadableFrameError(DataError):
    """One frame that cannot be read; the rest of the data set goes on."""

    def __init__(self, path: str, frame: int | None, what: str, remedy: str = "") -> None:
        place = path if frame is None else f"{path}#{frame}"
        super().__init__(f"cannot read {place}: {what}", remedy)
        self.path = path
        self.frame = frame
        self.what = what


class PluginError(FeatclsError):
    """A plugin that is absent, refused or breaks its contract."""

    exit_code = 5


class RunError(FeatclsError):
    """A run directory that cannot be made, locked or resumed."""


class ModelError(FeatclsError):
    """A model file that is damaged, forged or does not fit what is installed."""


class NoTrialSucceeded(FeatclsError):
    """A search that ended without one finished trial."""

    exit_code = 4


def cannot_write(path: str | os.PathLike[str], fault: OSError) -> RunError:
    """Return the error of a file that cannot be written, with what would help.

    Examples
    --------
    >>> cannot_write("no/such/rows.csv", FileNotFoundError(2, "No such file or directory"))
    RunError('cannot write no/such/rows.csv: No such file or directory')
    >>> _.remedy
    'make the folder no/such first'
    """
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        remedy = f"make the folder {folder} first"
    elif os.path.isdir(path):
        remedy = "name a file, not a folder"
    elif os.path.exists(path) and not os.path.isfile(path):
        remedy = "name a plain file"
    elif not os.access(folder, os.W_OK):
        remedy = "choose a folder that you may write to"
    else:
        remedy = "free the disk, or choose another place"
    return RunError(f"cannot write {os.fspath(path)}: {fault.strerror or fault}", remedy)


def unknown(kind: str, name: str, available: Iterable[str]) -> str:
    """Say that a name is not known, which are, and which was likely meant.

    Examples
    --------
    >>> unknown("extractor", "gclm", ["glcm", "lbp"])
    "no extractor named 'gclm', did you mean 'glcm'? available: glcm, lbp"
    """
    names = sorted(available)
    near = nearest(name, names)
    hint = f", did you mean {near!r}?" if near else ";"
    return f"no {kind} named {name!r}{hint} available: {', '.join(names) or 'none'}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was likely meant, upper and lower case alike.

    Examples
    --------
    >>> nearest("c", ["C", "gamma"])
    'C'
    """
    folded = {known.casefold(): known for known in names}
    near = get_close_matches(name.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def _rebuild(
    cls: type[FeatclsError], state: dict[str, object], args: tuple[object, ...]
) -> FeatclsError:
    """Errors cross process boundaries whatever their signature."""
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
