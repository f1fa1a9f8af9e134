"""What every command has: its options, its example, and the place its settings go."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from featcls.plugins import Registry

VERBOSITY = "featcls.verbosity"  # keys of click's Context.meta, shared by group and command
WANTS_JSON = "featcls.json"
NO_PLUGINS = "--no-plugins"

Function = Callable[..., Any]
Made = TypeVar("Made", bound=click.Command)


class Command(click.Command):
    """A command that knows what a shell makes of `images/*.png`."""

    allow_extra_args = True  # they are counted here, for click would list thousands

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            more = f" and {len(rest) - 1} more" if len(rest) > 1 else ""
            files = "; give the folder of files, or a manifest" if os.path.exists(rest[0]) else ""
            ctx.fail(f"too many arguments: {rest[0]!r}{more}{files}")
        return rest


class Group(click.Group):
    """A group that names its commands where it is asked for another."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from featcls.errors import unknown

            ctx.fail(unknown("command", args[0], known))
        return super().resolve_command(ctx, args)


def command(example: str, **settings: Any) -> Callable[[Function], click.Command]:
    """Make a command with `--json`, `-v`, `-q`, `--no-plugins` and an example in its help."""
    return _made(settings, example, Command)


def group(example: str, **settings: Any) -> Callable[[Function], click.Group]:
    """Make a group that does something itself when no command of it is named."""
    return _made({"invoke_without_command": True, **settings}, example, Group)


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

    for name in modules:
        if "/" in name or name.endswith(".py"):
            module = os.path.basename(name).removesuffix(".py")
            remedy = f"go to the folder that it is in, then: --plugin {module}"
            raise PluginError(f"plugin {name} is a file; wanted the name of a module", remedy)
    installed = registry(modules)
    for row in installed.rows:
        if row.plugin in modules and row.reason:
            raise PluginError(f"plugin {row.plugin} cannot be used: {row.reason}")
    return installed


def or_files(*names: str) -> Callable[..., list[CompletionItem]]:
    """Complete an option to one of some names, else to a file."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        found = [CompletionItem(name) for name in names if name.startswith(begun)]
        return found or [CompletionItem(begun, type="file")]

    return complete


def manifest_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse a name by which a manifest would not be known as one."""
    from featcls.dataset.manifest import ENDINGS

    if not value.lower().endswith(ENDINGS):
        raise click.BadParameter(f"{value!r} is no name of a manifest, such as manifest.csv")
    return value


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
