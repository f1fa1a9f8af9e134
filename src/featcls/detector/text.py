"""Geometry files as text."""

from featcls.errors import DataError

MAX_BYTES = 2**24


def read_text(path: str, wanted: str) -> str:
    """Return the text of a geometry file.

    Parameters
    ----------
    path : str
    wanted : str
        What it should be, for the errors: `a CrystFEL .geom file`.

    Raises
    ------
    DataError
        It cannot be read, is no text, or far too long.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a text file", f"give {wanted}") from error
    if len(text) > MAX_BYTES:
        raise DataError(f"{path} is larger than 16 MiB", f"give {wanted}")
    return text
