"""The command line. Each module is a command group: parse, call one function, print."""

__all__ = ["main"]


def main() -> None:
    """Run `featcls`; the console script."""
    from featcls.cli.root import root

    try:
        root(prog_name="featcls")
    except KeyboardInterrupt:  # before the command itself could take it
        raise SystemExit(130) from None
