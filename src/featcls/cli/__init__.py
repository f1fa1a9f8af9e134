"""The command line. Each module is a command group: parse, call one function, print."""

import io
import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run `featcls`; the console script."""
    try:
        from featcls.cli.root import root

        _prepare_output()
        root(prog_name="featcls")
    except KeyboardInterrupt:  # before the command itself could take it
        raise SystemExit(130) from None


def _prepare_output() -> None:
    if sys.stdout is None:  # closed by whoever started us: `>&-`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - to the end of the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files, whatever they are
