"""The spec: the JSON document that names a data set."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from featcls.config import dumps
from featcls.errors import UsageError, unknown

Spec = dict[str, Any]
KEYS = ("source", "reader", "options", "detector", "select")
SELECT = ("labelled", "classes")


def make_spec(
    source: str | os.PathLike[str] | Mapping[str, Any] | None,
    *,
    reader: str | None = None,
    options: Mapping[str, Any] | None = None,
    detector: Mapping[str, Any] | None = None,
    classes: Sequence[str] | None = None,
    labelled: bool | None = None,
) -> Spec:
    """Return the complete spec of a source, or of a spec with the arguments laid over it.

    Raises
    ------
    UsageError
        An unknown key, a value of the wrong type, or neither source nor reader.

    Examples
    --------
    >>> spec = make_spec({"reader": "simulate", "options": {"n": 10}}, labelled=False)
    >>> spec["source"], spec["reader"], spec["options"], spec["select"]
    (None, 'simulate', {'n': 10}, {'labelled': False})
    """
    given: Spec = dict(source) if isinstance(source, Mapping) else {"source": source}
    _known(given, KEYS, "key of a data set spec")
    select = dict(given.get("select") or {})
    _known(select, SELECT, "key of a data set's select")
    path = given.get("source")
    spec: Spec = {
        "source": None if path is None else os.path.abspath(os.fspath(path)),
        "reader": given.get("reader") if reader is None else reader,
        "options": dict((given.get("options") or {}) if options is None else options),
    }
    if known := _rooted((given.get("detector") or {}) if detector is None else detector):
        spec["detector"] = known
    if classes is not None:
        select["classes"] = [str(name) for name in classes]
    if labelled is not None:
        select["labelled"] = labelled
    if select.get("labelled", True):
        select.pop("labelled", None)
    if spec["source"] is None and spec["reader"] is None:
        raise UsageError("a data set needs a source or a reader", "name a folder, file or reader")
    spec["select"] = select
    return _json(spec)


def _rooted(detector: Mapping[str, Any]) -> Spec:
    """Make the paths of masks and of a geometry file absolute."""
    rooted = dict(detector)
    if rooted.get("geometry") is not None:
        rooted["geometry"] = os.path.abspath(os.fspath(rooted["geometry"]))
    if "mask" in rooted:
        names = rooted["mask"]
        names = [names] if isinstance(names, str | os.PathLike) else names
        rooted["mask"] = [os.path.abspath(os.fspath(name)) for name in names]
    return rooted


def _known(document: Mapping[str, Any], allowed: Sequence[str], kind: str) -> None:
    for key in document:
        if key not in allowed:
            raise UsageError(unknown(kind, str(key), allowed))


def _json(spec: Spec) -> Spec:
    try:
        result: Spec = json.loads(dumps(spec))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"the data set spec is not JSON: {error}", "use text and numbers"
        ) from None
    return result
