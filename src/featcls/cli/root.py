"""The root command: knows its commands by name and imports the one that is called."""

import errno
import importlib
import logging
import sys
from typing import Any

import click

from featcls._version import __version__
from featcls.cli import output, pipes
from featcls.cli.options import NO_PLUGINS, VERBOSITY, WANTS_JSON, Group, no_plugins_option
from featcls.errors import FeatclsError

COMMANDS = {
    "search": "Search extractors and classifiers for the best pipeline: the main job.",
    "predict": "Classify images with a model; one row a frame.",
    "screen": "Classify frames as they come, beside a detector.",
    "evaluate": "Measure a model on labelled frames.",
    "explain": "Draw what a model looks at, or weigh its features.",
    "fit": "Fit one config and save the model.",
    "extract": "Write the feature table of a config or a model.",
    "report": "Write the report of a run again.",
    "runs": "List runs, newest first.",
    "model": "Show or verify a model file.",
    "plugins": "List plugins with what they provide, or check one.",
    "cache": "Show or prune the feature cache.",
    "inspect": "Say what a data set holds and what is wrong with it.",
    "split": "Divide frames into splits, what belongs together on one side.",
    "manifest": "Write a manifest of frames, with labels from hit lists or counted spots.",
    "study": "Run a paper's table again, on simulated frames or on its own.",
    "simulate": "Make labelled diffraction images.",
    "doctor": "Check the installation.",
}
PATH_FAULTS = (
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    NotADirectoryError,
    IsADirectoryError,
)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Root(Group):
    """A group that imports a command when it is called, and turns errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"featcls.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A bare --no-plugins takes no value, wherever it stands, so it cannot eat the next word.
        end = args.index("--") if "--" in args else len(args)
        told = [f"{arg}=all" if arg == NO_PLUGINS else arg for arg in args[:end]]
        return super().parse_args(ctx, told + args[end:])

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with pipes.quiet_end():  # --help and --version print here
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with pipes.quiet_end():
                return super().invoke(ctx)
        except click.ClickException as error:
            _emit_fault(ctx, error, error.format_message(), "", error.exit_code)
            raise
        except (click.Abort, click.exceptions.Exit):
            raise
        except (Exception, KeyboardInterrupt) as error:
            _fail(ctx, error, *_told(error))


def _told(error: BaseException) -> tuple[str, str, int]:
    """Return what to say of an error, its remedy and the exit code."""
    if isinstance(error, FeatclsError):
        return error.message, error.remedy, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "", 130
    if isinstance(error, PATH_FAULTS):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return f"cannot use {what}", "check the path, and that you may read and write there", 1
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        message = f"cannot write {error.filename or 'the output'}: {error.strerror}"
        return message, "free the disk, or choose another place", 1
    message = f"unexpected {type(error).__name__}: {error}"
    return message, "the option -v shows where it came from", 1


def _fail(ctx: click.Context, error: BaseException, message: str, remedy: str, code: int) -> None:
    """Say what went wrong on standard error, as JSON too where it was asked for, and exit."""
    _emit_fault(ctx, error, message, remedy, code)
    if ctx.meta.get(VERBOSITY, 0) > 0 and code != 130:
        logging.getLogger("featcls").error("traceback", exc_info=error)
    output.error(message, remedy)
    ctx.exit(code)


def _emit_fault(
    ctx: click.Context, error: BaseException, message: str, remedy: str, code: int
) -> None:
    """Print what went wrong as JSON where that was asked for."""
    try:
        if ctx.meta.get(WANTS_JSON):
            fault = {"type": type(error).__name__, "message": message, "remedy": remedy}
            output.emit({"error": {**fault, "exit_code": code}})
        sys.stdout.flush()
    except OSError:  # it takes nothing, which may be what went wrong
        pipes.abandon(1)


@click.group(cls=Root, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, "-V", "--version", message="featcls %(version)s")
def root() -> None:
    """Classical features, searched jointly with classifiers, for labelled images.

    \b
    Examples:
      featcls search images/                     a classifier, a folder per class
      featcls predict runs/x/model.featcls new/  classify other images with it
      featcls COMMAND --help                     each command has its own example
    """


root.params.append(no_plugins_option())
