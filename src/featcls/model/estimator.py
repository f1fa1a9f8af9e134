"""One fitted estimator as members of a model file, and back.

A classifier that registered `save` and `load` uses them (all built-in ones do: plain arrays,
every index checked). Others go through skops, with the types that the registered plugin trusts;
what a file asks for never decides what is trusted.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from featcls.classifiers.trees import check_trees
from featcls.config import params_from_json
from featcls.errors import ModelError, PluginError
from featcls.model.container import unpack
from featcls.plugins import Entry

SKOPS = "estimator.skops"
TREE = "sklearn.tree._tree.Tree"


def dump(entry: Entry, estimator: Any) -> dict[str, bytes]:
    """Return a fitted estimator as named bytes.

    Raises
    ------
    PluginError
        Its state has types that the plugin does not name in `trusted_types`.
    """
    if entry.options["save"] is not None:
        return dict(entry.options["save"](estimator))
    import skops.io

    data = skops.io.dumps(estimator)
    foreign = set(skops.io.get_untrusted_types(data=data)) - set(entry.options["trusted_types"])
    if foreign:
        raise PluginError(
            f"classifier {entry.name!r} cannot be saved: its state holds {sorted(foreign)}",
            "register them as trusted_types, or register save and load",
        )
    return {SKOPS: data}


def load(entry: Entry, members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Return the estimator in `members`; `params` are the classifier's of a canonical config.

    Raises
    ------
    ModelError
    """
    arguments = params_from_json({k: v for k, v in params.items() if k != "class_weight"})
    if entry.options["load"] is not None:
        return entry.options["load"](members, arguments)
    if set(members) != {SKOPS}:
        raise ModelError(f"members are {sorted(members)}; wanted {SKOPS}")
    estimator = _from_skops(members[SKOPS], entry.options["trusted_types"])
    wanted = type(entry.factory(**arguments))
    if type(estimator) is not wanted:
        raise ModelError(f"{SKOPS} holds a {type(estimator).__name__}, not a {wanted.__name__}")
    for tree in _trees(estimator, set()):
        children = tree.children_left, tree.children_right
        depth = check_trees(*children, tree.feature, [tree.node_count], tree.n_features)
        if depth.max() != tree.max_depth:
            raise ModelError(f"{SKOPS} holds a tree of another depth than it states")
    return estimator


def _from_skops(data: bytes, trusted: Any) -> Any:
    import skops.io

    unpack(io.BytesIO(data), SKOPS)  # names and sizes
    try:
        return skops.io.loads(data, trusted=list(trusted))
    except Exception as error:  # whatever a forged schema makes it raise
        raise ModelError(f"{SKOPS} cannot be loaded: {error}") from error


def _trees(thing: Any, seen: set[int]) -> Iterator[Any]:
    """Yield every scikit-learn tree inside an object: skops trusts types, not their content."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    kind = type(thing)
    if f"{kind.__module__}.{kind.__name__}" == TREE:
        yield thing
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _trees(value, seen)
    elif isinstance(thing, np.ndarray):
        yield from _trees(thing.tolist() if thing.dtype.hasobject else None, seen)
    elif isinstance(thing, list | tuple | set):
        for value in thing:
            yield from _trees(value, seen)
    elif hasattr(thing, "__dict__"):
        yield from _trees(vars(thing), seen)
