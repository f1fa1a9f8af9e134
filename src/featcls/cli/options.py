"""What every command has: its options, its example, and the place its settings go."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from featcls.plugins import Registry

VERBOSITY = "featcls.verbosity"  # keys of click's Context.meta, shared by group and command
WANTS_JSON = "featcls.json"
NO_PLUGINS = "--no-plugins"

Function = Callable[..., Any]
Made = TypeVar("Made", bound=click.Command)


def command(example: str, **settings: Any) -> Callable[[Function], click.Command]:
    """Make a command with `--json`, `-v`, `-q`, `--no-plugins` and an example in its help."""
    return _made(settings, example, click.Command)


def group(example: str, **settings: Any) -> Callable[[Function], click.Group]:
    """Make a group that does something itself when no command of it is named."""
    return _made({"invoke_without_command": True, **settings}, example, click.Group)


def no_plugins_option() -> click.Option:
    """Return the switch that any command takes, and the root command too."""
    return click.Option(
        [NO_PLUGINS],
        metavar="[=NAME,...]",
        expose_value=False,
        is_eager=True,
        callback=_set_no_plugins,
        help="Load no third-party plugins, or all but the named ones.",
    )


seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed draws the same random numbers.",
)
plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="MODULE",
    help="Import a plugin module that no distribution announces; may be repeated.",
)


hit_class_option = click.option(
    "--hit-class",
    "hit_classes",
    multiple=True,
    metavar="CLASS",
    help="What is a hit; may be repeated [default: the model's operating point].",
)

abstain_option = click.option(
    "--abstain",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help="Give no label where the best score is below P.",
)


def load_plugins(modules: tuple[str, ...]) -> "Registry":
    """Return what is installed and the modules that were asked for.

    Raises
    ------
    PluginError
        A module that was asked for is off.
    """
    from featcls.errors import PluginError
    from featcls.plugins import registry

    installed = registry(modules)
    for row in installed.rows:
        if row.plugin in modules and row.reason:
            raise PluginError(f"plugin {row.plugin} cannot be used: {row.reason}")
    return installed


def _made(settings: dict[str, Any], example: str, kind: type[Made]) -> Callable[[Function], Made]:
    lines = "".join(f"\n  {line}" for line in example.splitlines())

    def decorate(function: Function) -> Made:
        made = click.command(cls=kind, epilog=f"\b\nExample:{lines}", **settings)(function)
        made.params += _common()
        return made

    return decorate


def _common() -> list[click.Parameter]:
    """Return the options that every command has, after its own in its help."""
    return [
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            is_eager=True,
            callback=_remember_json,
            help="Print the result as JSON (schema_version 1).",
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_remember_verbosity,
            help="Say more; twice for all.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_remember_verbosity,
            help="Say nothing but results and errors.",
        ),
        no_plugins_option(),
    ]


def _remember_json(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    ctx.meta[WANTS_JSON] = ctx.meta.get(WANTS_JSON, False) or value
    return bool(ctx.meta[WANTS_JSON])


def _remember_verbosity(ctx: click.Context, param: click.Parameter, value: int) -> None:
    sign = -1 if param.name == "quiet" else 1
    ctx.meta[VERBOSITY] = ctx.meta.get(VERBOSITY, 0) + sign * int(value)
    from featcls.cli import logs

    logs.set_verbosity(ctx.meta[VERBOSITY])


def _set_no_plugins(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Hand the switch to the plugin manager, before any plugin is imported."""
    if value is not None:
        os.environ["FEATCLS_NO_PLUGINS"] = value
