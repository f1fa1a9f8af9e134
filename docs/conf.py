"""How the documents are built: `make docs`, with warnings as errors."""

from pathlib import Path

import click

from featcls import __version__
from featcls.cli.root import root

project = "featcls"
author = "The featcls developers"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
]
exclude_patterns = ["_build", "api"]
html_theme = "furo"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["code.css"]
html_title = f"featcls {version}"

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's type lines say more: shapes and units
numpydoc_show_class_members = False
doctest_test_doctest_blocks = ""  # docstrings run under pytest; here only what says `doctest`
doctest_global_setup = "import numpy as np"


def write_command_reference(app):
    """Write the help of every command where docs/cli.md includes it."""
    context = click.Context(root, info_name="featcls", terminal_width=80)
    parts = [_help(command, path) for path, command in _commands(root, "featcls", context)]
    folder = Path(app.srcdir, "api")
    folder.mkdir(exist_ok=True)
    (folder / "commands.md").write_text("\n".join(parts), encoding="utf-8")


def _commands(group, path, parent):
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}", parent)


def _help(command, path):
    context = click.Context(command, info_name=path, terminal_width=80)
    return f"## {path}\n\n```text\n{command.get_help(context)}\n```\n"


def setup(app):
    app.connect("builder-inited", write_command_reference)
