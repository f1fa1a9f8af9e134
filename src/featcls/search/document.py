"""Named search spaces: a TOML document made into the choices that a search draws from.

A document lists `[[extractor]]` and `[[classifier]]` tables with the plugin's `name`. A
parameter with a plain value is fixed, a list offers its options, a table gives a range:
`{uniform = [0, 1]}`, `{loguniform = [0.01, 1]}`, `{integer = [1, 9], log = true}`,
`{subset = [1, 2, 4]}`, `{choice = [...]}`. A parameter that is not mentioned is searched
over the range that its plugin registered. `first` lists `[labels, classifier]` of fixed trials
that a search begins with, everything at its default; `+` joins the labels of a union. An
extractor with `joins` stands in unions with the labels listed there only. A preprocessing step
with `optional = true` is left out of half of the trials.

`base` names the space that a document starts from; what it writes replaces what the base has
of that name. `keep = {extractors = [...], classifiers = [...]}`, `drop = [...]` and
`[narrow.NAME]`, ranges inside those of the space, then take away from it. `[search]` says how a
search of the space runs if nothing else is said: `asha`, `eta`, `rungs`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from featcls.errors import UsageError, unknown
from featcls.plugins import Registry
from featcls.search import ranges
from featcls.search.class_weights import fit_class_weights
from featcls.search.narrowing import ENTRIES, narrowed
from featcls.search.space import Alternative, Member, SearchSpace, Step
from featcls.spaces import Param

Document = Mapping[str, Any]
TABLES = ("version", "base", "everything", "union", "scale", "two_classes", "first", "search")
STEPS = ("preprocess", "extractor", "classifier")
SEARCH = {"asha": bool, "eta": int, "rungs": int}


def load_space(name: str, registry: Registry, classes: Sequence[str] = ()) -> SearchSpace:
    """Return a space by name (`default`, `default@1`) or by the path of a TOML file."""
    if name.endswith(".toml"):
        return resolve(_read(Path(name)), Path(name).stem, registry, classes, strict=True)
    names = registry.names("space")
    found = [full for full in names if name in (full, full.partition("@")[0])]
    if not found:
        raise UsageError(unknown("space", name, names), "or give the path of a .toml file")
    best = max(found, key=lambda full: int(full.partition("@")[2] or 0))
    document = _parse(registry.get("space", best).factory(), best)
    return resolve(document, best, registry, classes, strict=False)


def resolve(
    document: Document, name: str, registry: Registry, classes: Sequence[str], strict: bool
) -> SearchSpace:
    """Make a space of a document; plugins that are absent are left out by name unless `strict`."""
    if wrong := set(document) - {*TABLES, *STEPS, *ENTRIES}:
        raise UsageError(
            f"space {name} has unknown entries {', '.join(sorted(wrong))}",
            f"known: {', '.join((*TABLES, *STEPS, *ENTRIES))}",
        )
    if "base" in document:
        document = _based(document, registry)
        strict = False  # the base leaves out what is not installed
    build = _Builder(name, registry, classes, strict, document.get("two_classes", ()))
    alternatives = build.each("extractor", document, build.alternative)
    classifiers = build.each("classifier", document, build.classifier)
    if document.get("everything"):
        alternatives += build.rest_of_extractors(alternatives)
        classifiers += build.rest_of_classifiers(classifiers)
    takes_frames = [c for c in classifiers if build.takes(c.name) == "frame"]
    if not classifiers or (not alternatives and len(takes_frames) < len(classifiers)):
        raise UsageError(f"space {name} is empty", "add [[extractor]] and [[classifier]] tables")
    labels, names = {a.label for a in alternatives}, {c.name for c in classifiers}
    for joined in (label for a in alternatives for label in a.joins or () if strict):
        if joined not in labels:
            raise UsageError(f"space {name}: " + unknown("extractor", joined, labels))
    absent = [note["plugin"] for note in build.left_out]
    alternatives, classifiers = narrowed(
        document, name, alternatives, classifiers, registry, absent
    )
    labels, names = {a.label for a in alternatives}, {c.name for c in classifiers}
    first = [(tuple(union.split("+")), c) for union, c in document.get("first", ())]
    return SearchSpace(
        name,
        tuple(build.each("preprocess", document, build.preprocessor)),
        tuple(alternatives),
        int(document.get("union", 1)),
        tuple(document.get("scale", ["standard"])),
        tuple(classifiers),
        tuple((union, c) for union, c in first if labels.issuperset(union) and c in names),
        tuple(build.left_out),
        **_search(document.get("search", {}), name),
    )


def _based(document: Document, registry: Registry) -> Document:
    base = document.get("base")
    if base is None:
        return document
    text = registry.get("space", base).factory()
    return {**_based(_parse(text, base), registry), **document}


class _Builder:
    """Turns the tables of one document into steps, noting what is left out."""

    def __init__(
        self,
        name: str,
        registry: Registry,
        classes: Sequence[str],
        strict: bool,
        two_classes: Sequence[Sequence[str]],
    ) -> None:
        self.name, self.registry, self.strict = name, registry, strict
        self.classes, self.two_classes = tuple(classes), two_classes
        self.left_out: list[dict[str, str]] = []

    def each(self, key: str, document: Document, make: Any) -> list[Any]:
        tables = document.get(key, [])
        if not isinstance(tables, list):
            raise UsageError(f"space {self.name}: write [[{key}]] with two brackets")
        made = []
        for table in tables:
            try:
                made.append(make(table))
            except _Absent as absent:
                self.left_out.append({"plugin": absent.plugin, "reason": absent.reason})
        return made

    def alternative(self, table: Document) -> Alternative:
        label = str(table.get("label", table.get("name", "")))
        own = {key: value for key, value in table.items() if key not in ("label", "joins")}
        members = tuple(self._member(t) for t in table.get("members", [own]))
        joins = table.get("joins")
        if joins is not None and not isinstance(joins, list):
            raise UsageError(f"space {self.name}: joins of {label} is {joins!r}; give a list")
        return Alternative(label, members, None if joins is None else tuple(joins))

    def preprocessor(self, table: Document) -> Step:
        return self._step("preprocessor", table)

    def classifier(self, table: Document) -> Step:
        step = self._step("classifier", table)
        if "class_weight" not in step.params:
            return step
        weights, dropped = fit_class_weights(
            step.params["class_weight"], self.classes, self.two_classes
        )
        if dropped:
            note = {"plugin": step.name, "reason": "class weights name other classes"}
            self.left_out.append(note)
        return Step(step.name, {**step.params, "class_weight": weights})

    def takes(self, name: str) -> str:
        return str(self.registry.get("classifier", name).options["takes"])

    def rest_of_extractors(self, known: Sequence[Alternative]) -> list[Alternative]:
        used = {member.step.name for a in known for member in a.members}
        names = [n for n in self.registry.names("extractor") if n not in used]
        return [self.alternative({"name": name}) for name in names]

    def rest_of_classifiers(self, known: Sequence[Step]) -> list[Step]:
        used = {step.name for step in known}
        names = [n for n in self.registry.names("classifier") if n not in used]
        return [self.classifier({"name": name}) for name in names]

    def _member(self, table: Document) -> Member:
        chain = tuple(self._step("preprocessor", t) for t in table.get("preprocess", []))
        own = {key: value for key, value in table.items() if key != "preprocess"}
        return Member(self._step("extractor", own), chain)

    def _step(self, kind: str, table: Document) -> Step:
        name = str(table.get("name", ""))
        if (kind, name) not in self.registry.entries:
            reason = self.registry.why_absent(name)
            if reason and not self.strict:
                raise _Absent(name, reason)
        space = self.registry.space_of(kind, name)
        given = {k: v for k, v in table.items() if k not in ("name", "optional")}
        if wrong := sorted(set(given) - set(space)):
            raise UsageError(
                f"space {self.name}: " + unknown(f"parameter of {name}", wrong[0], space)
            )
        params = {
            key: self._param(f"{name}.{key}", given[key], param) if key in given else param
            for key, param in space.items()
        }
        return Step(name, params, bool(table.get("optional", False)))

    def _param(self, key: str, value: Any, own: Param) -> Param:
        try:
            return ranges.read(value, own)
        except (ValueError, TypeError) as error:
            raise UsageError(f"space {self.name}: {key} is {value!r}: {error}") from error


def _search(table: Document, name: str) -> dict[str, Any]:
    """Return the entries of `[search]`: how a search of the space runs if nothing is said."""
    for key, value in table.items():
        if key not in SEARCH:
            raise UsageError(f"space {name}: " + unknown("entry of [search]", key, SEARCH))
        if type(value) is not SEARCH[key]:
            raise UsageError(
                f"space {name}: search.{key} is {value!r}; wanted {SEARCH[key].__name__}"
            )
    return dict(table)


class _Absent(Exception):
    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(plugin)
        self.plugin, self.reason = plugin, reason


def _read(path: Path) -> Document:
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise UsageError(
            f"cannot read space {path}: {error.strerror}", "check the path"
        ) from error


def _parse(text: str, name: str) -> Document:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"space {name} is not TOML: {error}", "correct the file") from error
