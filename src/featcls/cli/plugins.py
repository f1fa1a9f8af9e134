"""`featcls plugins`: what is installed, what it provides, and why something is off."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from featcls.cli import output
from featcls.cli.options import command, group, load_plugins, plugin_option

if TYPE_CHECKING:
    from featcls.plugins import Registry

EXAMPLE = """\
featcls plugins
featcls plugins check glcm
featcls plugins new my-feature --kind extractor"""
TEMPLATES = ("extractor", "classifier", "preprocessor", "reader", "space")


@group(EXAMPLE)
@plugin_option
@click.pass_context
def plugins(ctx: click.Context, plugins: tuple[str, ...], as_json: bool) -> None:
    """List plugins by distribution, with what they provide and why any is off."""
    if ctx.invoked_subcommand is not None:
        return
    from featcls.plugins import registry

    found = registry(plugins)
    if as_json:
        rows = [
            {
                "plugin": row.plugin,
                "distribution": row.distribution,
                "provides": list(row.provides),
                "reason": row.reason,
            }
            for row in found.rows
        ]
        output.emit({"plugins": rows})
    else:
        show(found)


@command("featcls plugins check glcm", name="check")
@click.argument("name")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A good file for the checks of a reader; may be repeated.",
)
@plugin_option
def check(name: str, files: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Run the public contract checks on what is registered under NAME.

    NAME is a name as `featcls plugins` lists it; one that several kinds share is checked in
    each. Exits with 5 if a contract is broken.
    """
    from featcls import testing
    from featcls.errors import PluginError, UsageError, unknown

    installed = load_plugins(plugins)
    found = [entry for entry in installed.entries.values() if entry.name == name]
    if not found:
        names = {key for _, key in installed.entries}
        raise UsageError(unknown("plugin", name, names), "`featcls plugins` says why one is off")
    reports = []
    for entry in found:
        try:
            reports.append((entry.kind, testing.check_entry(entry, installed, files)))
        except testing.BrokenContract as broken:
            reports.append((entry.kind, broken.report))
    if as_json:
        output.emit({"checks": [{"kind": kind, **asdict(report)} for kind, report in reports]})
    else:
        click.echo("\n".join(f"{kind} {report}" for kind, report in reports))
    failed = [f"{kind} {name}" for kind, report in reports if report.failed]
    if failed:
        raise PluginError(f"{', '.join(failed)} breaks its contract", "mend what is named above")


@command("featcls plugins new my-feature --kind extractor", name="new")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(TEMPLATES),
    default="extractor",
    show_default=True,
    help="What it is.",
)
@click.option(
    "--into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder to write it in.",
)
def new(name: str, kind: str, into: Path, as_json: bool) -> None:
    """Write a plugin to start from: the tested distribution featcls-NAME."""
    from featcls.cli.new_plugin import write_distribution

    written = write_distribution(name, kind, into)
    folder = next(path.parent for path in written if path.name == "pyproject.toml")
    if as_json:
        output.emit({"folder": str(folder), "files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(str(path))
    click.echo(f"pip install -e '{folder}[test]' && pytest {folder}")


plugins.add_command(check)
plugins.add_command(new)


def show(found: "Registry") -> None:
    """Print what each distribution provides, then what is off and why."""
    from featcls.plugins import KINDS

    console = output.stdout()
    listing = output.table("distribution", "provides", "names")
    for distribution in dict.fromkeys(row.distribution for row in found.rows):
        shown = distribution
        for kind in KINDS:
            names = [
                name
                for (k, name), entry in sorted(found.entries.items())
                if k == kind and entry.distribution == distribution
            ]
            if names:
                listing.add_row(shown, f"{kind}s", ", ".join(names))
                shown = ""
    console.print(listing)
    off = [row for row in found.rows if row.reason]
    if off:
        missing = output.table("off", "distribution", "reason")
        for row in off:
            missing.add_row(row.plugin, row.distribution, row.reason)
        console.print()
        console.print(missing)
