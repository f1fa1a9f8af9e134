"""The shipped search spaces."""

from importlib.resources import files

from featcls.hookspecs import RegisterSpace, hookimpl

featcls_api = 1

NAMES = ("default@1", "diffranet@1", "quick@1", "all@1")


@hookimpl
def register_spaces(register: RegisterSpace) -> None:
    folder = files("featcls.spaces")
    for name in NAMES:
        text = folder.joinpath(f"{name.partition('@')[0]}.toml").read_text(encoding="utf-8")
        register(name, text)
