"""What every array of tree nodes from a file must hold before compiled code walks it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import ModelError

Integers = Any  # array, or a list of int

MAX_FEATURES = 1_000_000  # predictors allocate as many as a file states


def check_trees(
    left: Integers, right: Integers, feature: Integers, counts: Integers, n_features: int
) -> NDArray[np.int64]:
    """Return the depth of every node, or refuse nodes that are not trees.

    Compiled predictors follow children and features without looking: a forged index reads
    outside the arrays or never ends. Accepted are trees whose children stand behind their
    parent, inside their own tree, each with one parent, and whose features exist.

    Parameters
    ----------
    left, right : (n,) integer arrays
        Children as indices within the tree; -1 in leaves.
    feature : (n,) integer array
        Not looked at in leaves.
    counts : (n_trees,) integer array
        Number of nodes of each tree; the trees stand one behind another.
    n_features : int

    Raises
    ------
    ModelError

    Examples
    --------
    >>> node = np.array
    >>> check_trees(node([1, -1, -1]), node([2, -1, -1]), node([0, 0, 0]), node([3]), 1).tolist()
    [0, 1, 1]
    >>> check_trees(node([0, -1, -1]), node([2, -1, -1]), node([0, 0, 0]), node([3]), 1)
    Traceback (most recent call last):
    featcls.errors.ModelError: trees have nodes that are not tree-shaped
    """
    left, right, counts = (np.asarray(a, np.int64) for a in (left, right, counts))
    if (counts < 1).any() or not counts.sum() == len(left) == len(right) == len(feature):
        raise ModelError("trees have node arrays of other lengths than their node counts")
    first = np.repeat(np.cumsum(counts) - counts, counts)  # of the tree that a node is in
    local = np.arange(len(left)) - first
    size = np.repeat(counts, counts)
    leaf = left == -1
    inner = ~leaf
    children = np.concatenate([left[inner], right[inner]])
    parents = np.tile(np.flatnonzero(inner), 2)
    sane = (right[leaf] == -1).all()
    sane &= ((children > local[parents]) & (children < size[parents])).all()
    if sane:
        n_parents = np.bincount(children + first[parents], minlength=len(left))
        sane &= np.array_equal(n_parents, local > 0)
    if not sane:
        raise ModelError("trees have nodes that are not tree-shaped")
    if ((feature[inner] < 0) | (feature[inner] >= n_features)).any():
        raise ModelError(f"trees ask for features outside the {n_features} there are")
    if not 0 < n_features <= MAX_FEATURES:
        raise ModelError(f"trees are over {n_features} features; wanted 1 to {MAX_FEATURES}")
    return _depths(np.where(leaf, -1, left + first), np.where(leaf, -1, right + first), local == 0)


def _depths(left: Integers, right: Integers, root: NDArray[np.bool_]) -> NDArray[np.int64]:
    depth = np.zeros(len(left), np.int64)
    level, nodes = 0, np.flatnonzero(root)
    while nodes.size:
        depth[nodes] = level
        inner = nodes[left[nodes] >= 0]
        nodes = np.concatenate([left[inner], right[inner]])
        level += 1
    return depth
