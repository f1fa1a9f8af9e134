import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.classifiers.trees import check_trees
from featcls.errors import ModelError

# Two trees: a root with two leaves, and a root whose right child splits again.
LEFT = [1, -1, -1, 1, -1, 3, -1, -1]
RIGHT = [2, -1, -1, 2, -1, 4, -1, -1]
FEATURE = [0, -2, -2, 1, -2, 2, -2, -2]
COUNTS = [3, 5]


def test_the_depth_of_each_node_is_its_distance_from_the_root():
    depth = check_trees(LEFT, RIGHT, np.array(FEATURE), COUNTS, 3)
    assert_array_equal(depth, [0, 1, 1, 0, 1, 1, 2, 2])


def test_a_lone_leaf_is_a_tree():
    assert_array_equal(check_trees([-1], [-1], np.array([-2]), [1], 1), [0])


def test_depths_are_those_of_scikit_learn():
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 4)), rng.integers(0, 3, 200)
    for leaves in (None, 12):  # depth first, best first
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0).fit(X, y).tree_
        children = tree.children_left, tree.children_right
        depth = check_trees(*children, tree.feature, [tree.node_count], 4)
        assert_array_equal(depth + 1, tree.compute_node_depths())
        assert depth.max() == tree.max_depth


@pytest.mark.parametrize(
    ("field", "node", "value"),
    [
        ("left", 0, 0),  # its own child
        ("left", 0, 3),  # a node of the next tree
        ("left", 3, 99),
        ("left", 0, -5),
        ("left", 5, 2),  # backwards: a circle
        ("left", 5, 4),  # two parents of one node, none of another
        ("right", 0, -1),  # half a leaf
        ("left", 1, 2),  # half a split
        ("left", 0, 2**62),
    ],
)
def test_children_that_make_no_tree_are_refused(field, node, value):
    arrays = {"left": list(LEFT), "right": list(RIGHT)}
    arrays[field][node] = value
    with pytest.raises(ModelError, match="not tree-shaped"):
        check_trees(arrays["left"], arrays["right"], np.array(FEATURE), COUNTS, 3)


def test_a_node_without_a_parent_is_refused():
    with pytest.raises(ModelError, match="not tree-shaped"):
        check_trees([1, -1, -1, -1], [2, -1, -1, -1], np.zeros(4, int), [4], 1)


@pytest.mark.parametrize("feature", [-1, 3, 2**40])
def test_a_feature_that_is_not_there_is_refused(feature):
    with pytest.raises(ModelError, match="outside the 3"):
        check_trees(LEFT, RIGHT, np.array([0, -2, -2, 1, -2, feature, -2, -2]), COUNTS, 3)


@pytest.mark.parametrize("counts", [[3, 4], [3, 5, 0], [8, 8], [9, -1], []])
def test_node_counts_that_do_not_add_up_are_refused(counts):
    with pytest.raises(ModelError, match="node counts"):
        check_trees(LEFT, RIGHT, np.array(FEATURE), counts, 3)


@pytest.mark.parametrize("n_features", [0, -1, 10**7, 2**60])
def test_features_without_end_are_refused(n_features):
    with pytest.raises(ModelError, match="features"):
        check_trees([-1], [-1], np.array([0]), [1], n_features)
