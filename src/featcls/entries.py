"""What plugins register, by kind and name.

One implementation is called at a time, each in its own try: a plugin that fails is a row with
its reason, and everything else works.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pluggy

from featcls import hookspecs
from featcls.errors import PluginError, UsageError, unknown
from featcls.spaces import Param, Space

KINDS = ("preprocessor", "extractor", "classifier", "reader", "space")
HOOKS = {f"register_{kind}s": kind for kind in KINDS}
CLASSIFIER_OPTIONS: Mapping[str, Any] = {
    "takes": "vector",
    "multilabel": False,
    "class_weight": None,
    "budget": None,
    "fit_more": None,
    "trusted_types": (),
    "save": None,
    "load": None,
}


@dataclass(frozen=True)
class Entry:
    """One registered thing. `options` holds what only its kind has (`takes`, `extensions`);
    `module` is the plugin that registered it."""

    kind: str
    name: str
    factory: Callable[..., Any]
    params: Space
    version: int
    distribution: str
    options: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""


@dataclass(frozen=True)
class Row:
    """One plugin as `featcls plugins` lists it; `reason` says why it is refused, if it is."""

    plugin: str
    distribution: str
    provides: tuple[str, ...] = ()
    reason: str = ""


class Registry:
    """Everything that registered, by kind and name."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.rows: list[Row] = []
        self._pluggy = pluggy.PluginManager("featcls")
        self._pluggy.add_hookspecs(hookspecs)

    def get(self, kind: str, name: str) -> Entry:
        """Return an entry, or raise UsageError with the nearest name."""
        try:
            return self.entries[kind, name]
        except KeyError:
            remedy = self.why_absent(name) or "`featcls plugins` lists what is installed"
            raise UsageError(unknown(kind, name, self.names(kind)), remedy) from None

    def why_absent(self, name: str) -> str:
        """Return the reason of the refused plugin that speaks of `name`, or an empty text."""
        for row in self.rows:
            if row.reason and name and (name in row.reason or row.plugin.endswith(f".{name}")):
                return row.reason
        return ""

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind, sorted."""
        return sorted(name for k, name in self.entries if k == kind)

    def space_of(self, kind: str, name: str) -> Space:
        """Return the registered parameters of a plugin."""
        return self.get(kind, name).params

    def versions(self, names: Iterable[tuple[str, str]] | None = None) -> dict[str, str]:
        """Return `kind.name` -> `distribution version`, of all or of the given entries."""
        keys = sorted(self.entries if names is None else names)
        found = [self.get(*key) for key in keys]
        return {f"{e.kind}.{e.name}": f"{e.distribution} v{e.version}" for e in found}

    def load(self, name: str, distribution: str, load: Callable[[], Any]) -> None:
        """Load one plugin and take all that it registers, or nothing and a row with the reason."""
        entries: dict[tuple[str, str], Entry] = {}
        try:
            plugin = load()
            self._check_api(plugin)
            self._call_hooks(plugin, name, distribution, entries)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reason = str(error) if isinstance(error, PluginError) else f"{_name(error)}: {error}"
            self.rows.append(Row(name, distribution, reason=reason))
            return
        module = getattr(plugin, "__name__", "")
        self.entries.update({key: replace(e, module=module) for key, e in entries.items()})
        provides = tuple(f"{kind} {key}" for kind, key in entries)
        self.rows.append(Row(name, distribution, provides))

    def _check_api(self, plugin: Any) -> None:
        stated = getattr(plugin, "featcls_api", None)
        if stated != hookspecs.API_VERSION:
            raise PluginError(
                f"states featcls_api = {stated!r}, this featcls speaks {hookspecs.API_VERSION}",
                "install a matching version of the plugin or of featcls",
            )

    def _call_hooks(
        self, plugin: Any, name: str, distribution: str, entries: dict[tuple[str, str], Entry]
    ) -> None:
        self._pluggy.register(plugin, name)
        try:
            self._pluggy.check_pending()
            for hook in self._pluggy.get_hookcallers(plugin) or []:
                register = self._register(HOOKS[hook.name], distribution, entries)
                for impl in hook.get_hookimpls():
                    if impl.plugin is plugin:
                        impl.function(register)
        finally:
            self._pluggy.unregister(plugin)

    def _register(
        self, kind: str, distribution: str, entries: dict[tuple[str, str], Entry]
    ) -> Callable[..., None]:
        def add(entry: Entry) -> None:
            other = entries.get((kind, entry.name)) or self.entries.get((kind, entry.name))
            if other is not None:
                raise PluginError(
                    f"{kind} {entry.name!r} of {distribution} is already registered by "
                    f"{other.distribution}",
                    "rename one of them or uninstall one distribution",
                )
            _check_entry(entry)
            entries[kind, entry.name] = entry

        def step(
            name: str, factory: Any, params: Mapping[str, Param] | None = None, version: int = 1
        ) -> None:
            add(Entry(kind, name, factory, dict(params or {}), version, distribution))

        def classifier(
            name: str,
            factory: Any,
            params: Mapping[str, Param] | None = None,
            *,
            version: int = 1,
            **options: Any,
        ) -> None:
            if wrong := set(options) - set(CLASSIFIER_OPTIONS):
                raise PluginError(f"classifier {name!r} states unknown {sorted(wrong)}")
            options = {**CLASSIFIER_OPTIONS, **options}
            add(Entry(kind, name, factory, dict(params or {}), version, distribution, options))

        def reader(name: str, factory: Any, extensions: Iterable[str] = ()) -> None:
            options = {"extensions": tuple(extensions)}
            add(Entry(kind, name, factory, {}, 1, distribution, options))

        def space(name: str, toml_text: str) -> None:
            add(Entry(kind, name, lambda: toml_text, {}, 1, distribution))

        own: dict[str, Callable[..., None]] = {
            "classifier": classifier,
            "reader": reader,
            "space": space,
        }
        return own.get(kind, step)


def _check_entry(entry: Entry) -> None:
    pattern = r"[A-Za-z][\w-]*@\d+" if entry.kind == "space" else r"[A-Za-z][\w-]*"
    if not (isinstance(entry.name, str) and re.fullmatch(pattern, entry.name, re.ASCII)):
        wanted = "name@version" if entry.kind == "space" else "a name of letters, digits, - and _"
        raise PluginError(f"{entry.kind} is called {entry.name!r}; wanted {wanted}")
    for key, param in entry.params.items():
        if not isinstance(param, Param):
            raise PluginError(
                f"parameter {key!r} of {entry.kind} {entry.name!r} is {param!r}",
                "describe it with Choice, Integer, Uniform, LogUniform or Subset",
            )
    if not callable(entry.factory):
        raise PluginError(f"the factory of {entry.kind} {entry.name!r} cannot be called")


def _name(error: BaseException) -> str:
    return type(error).__name__
