"""Whatever a user can name occurs in the documents and in a test."""

import re
from functools import cache
from pathlib import Path

import click
import pytest

from featcls import hookspecs
from featcls.cli.root import root
from featcls.plugins import BUILTIN, HOOKS, registry

ROOT = Path(__file__).parents[1]


@cache
def documents() -> str:
    built = {"_build", "api"}  # folders that `make docs` fills
    written = [page for page in ROOT.glob("docs/**/*.md") if not built & {*page.parts}]
    pages = [ROOT / "README.md", *sorted(written)]
    return "\n".join(page.read_text() for page in pages)


@cache
def suite() -> str:
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("plugins/*/tests/**/*.py")]
    return "\n".join(file.read_text() for file in sorted(files) if file != Path(__file__))


def commands(
    group: click.Group = root, path: tuple[str, ...] = ()
) -> dict[tuple[str, ...], click.Command]:
    """Return every command by its words."""
    found: dict[tuple[str, ...], click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found[*path, name] = command
        if isinstance(command, click.Group):
            found |= commands(command, (*path, name))
    return found


def options() -> dict[str, list[click.Option]]:
    """Return every long option of any command by its name, a switch's second name too."""
    found: dict[str, list[click.Option]] = {}
    for command in (root, *commands().values()):
        for param in command.params:
            if isinstance(param, click.Option):
                for name in filter(lambda name: name[1] == "-", param.opts + param.secondary_opts):
                    found.setdefault(name, []).append(param)
    return found


def builtins() -> list[tuple[str, str]]:
    entries = registry().entries.items()
    return sorted(key for key, entry in entries if entry.distribution.startswith("featcls "))


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_is_documented_and_tested(command):
    last = command[-1]
    shown = rf"featcls {' '.join(command[:-1])}[^`\n]*\b{last}\b".replace("  ", " ")
    assert re.search(shown, documents()), f"`featcls {' '.join(command)}` is in no document"
    untested = [word for word in command if f'"{word}"' not in suite()]
    assert not untested, f"no test calls {untested}"


def test_the_command_reference_is_made_of_the_commands_for_every_option_to_be_in_it():
    assert "{include} api/commands.md" in (ROOT / "docs/cli.md").read_text()
    assert (
        'app.connect("builder-inited", write_command_reference)'
        in (ROOT / "docs/conf.py").read_text()
    )


@pytest.mark.parametrize("option", sorted(options()))
def test_every_option_says_what_it_does_and_is_tested(option):
    assert all(each.help for each in options()[option]), f"the help says nothing of {option}"
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", suite()), f"no test uses {option}"


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_every_hook_is_documented_and_tested(hook):
    assert hasattr(hookspecs, hook)
    assert f"`{hook}`" in documents()
    assert hook in suite()


def test_every_hook_of_the_specification_is_known():
    specified = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert specified == set(HOOKS)


def test_every_builtin_module_registers_something():
    off = {row.plugin: row.reason for row in registry().rows if row.plugin in BUILTIN}
    assert not {plugin: reason for plugin, reason in off.items() if reason}


@pytest.mark.parametrize(("kind", "name"), builtins())
def test_every_builtin_plugin_is_documented_and_tested(kind, name):
    name = name.partition("@")[0]
    assert f"`{name}`" in documents(), f"{kind} {name} is in no document"
    assert f'"{name}"' in suite() or f'"{name}@' in suite(), f"{kind} {name} is in no test"


@pytest.mark.parametrize(
    ("kind", "name"), [key for key in builtins() if key[0] in ("extractor", "preprocessor")]
)
def test_every_parameter_of_a_builtin_step_is_explained(kind, name):
    entry = registry().get(kind, name)
    text = entry.factory.__doc__ or ""
    missing = [key for key in entry.params if not re.search(rf"\b{key}\b", text)]
    assert not missing, f"the docstring of {kind} {name} does not explain {missing}"
