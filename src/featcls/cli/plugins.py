"""`featcls plugins`: what is installed, what it provides, and why something is off."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from featcls.cli import output
from featcls.cli.options import command, group, load_plugins, plugin_option

if TYPE_CHECKING:
    from featcls.plugins import Registry

EXAMPLE = """\
featcls plugins
featcls plugins check glcm"""


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
@plugin_option
def check(name: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """Run the public contract checks on what is registered under NAME.

    NAME is a name as `featcls plugins` lists it; one that several kinds share is checked in
    each. Exits with 5 if a contract is broken.
    """
    from featcls import testing
    from featcls.errors import PluginError, UsageError, unknown

    checks: dict[str, Callable[..., testing.Report]] = {
        "preprocessor": testing.check_preprocessor,
        "extractor": testing.check_extractor,
        "classifier": testing.check_classifier,
        "reader": testing.check_reader,
    }
    entries = load_plugins(plugins).entries
    found = [entry for (kind, key), entry in entries.items() if key == name and kind in checks]
    if not found:
        names = {key for kind, key in entries if kind in checks}
        raise UsageError(unknown("plugin", name, names), "`featcls plugins` says why one is off")
    reports = []
    for entry in found:
        try:
            reports.append((entry.kind, checks[entry.kind](entry)))
        except testing.BrokenContract as broken:
            reports.append((entry.kind, broken.report))
    if as_json:
        output.emit({"checks": [{"kind": kind, **asdict(report)} for kind, report in reports]})
    else:
        click.echo("\n".join(f"{kind} {report}" for kind, report in reports))
    failed = [f"{kind} {name}" for kind, report in reports if report.failed]
    if failed:
        raise PluginError(f"{', '.join(failed)} breaks its contract", "mend what is named above")


plugins.add_command(check)


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
