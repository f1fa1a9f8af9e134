import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.model.vote import combine


def drawn(n_members, n=300, k=4, seed=0):
    return list(np.random.default_rng(seed).dirichlet(np.ones(k), (n_members, n)))


def test_a_soft_vote_is_the_mean():
    parts = drawn(3)
    assert_allclose(combine(parts, "soft"), (parts[0] + parts[1] + parts[2]) / 3)


def test_the_class_that_most_members_name_wins_and_the_mean_decides_between_equals():
    parts = drawn(4)
    scores = combine(parts, "majority")
    assert_allclose(scores.sum(axis=1), 1)
    for i, winner in enumerate(scores.argmax(axis=1)):
        votes = np.bincount([part[i].argmax() for part in parts], minlength=4)
        assert votes[winner] == votes.max()
        tied = np.flatnonzero(votes == votes.max())
        assert winner == tied[np.mean(parts, axis=0)[i, tied].argmax()]


@pytest.mark.parametrize("hits", [[3], [1, 2]])
def test_an_intersection_is_a_hit_where_every_member_says_so_and_nowhere_else(hits):
    parts = drawn(3)
    scores = combine(parts, "intersection", hits)
    everybody = np.all([np.isin(part.argmax(axis=1), hits) for part in parts], axis=0)
    assert 0 < everybody.sum() < len(everybody)
    assert_array_equal(np.isin(scores.argmax(axis=1), hits), everybody)
    # Of two classes its hit score is the lowest of all.
    two = [np.stack([1 - part[:, 0], part[:, 0]], axis=1) for part in parts]
    assert_array_equal(combine(two, "intersection", [1])[:, 1], np.min(two, axis=0)[:, 1])


def test_labels_are_voted_on_one_by_one():
    a, b, c = (np.array([row]) for row in ([0.9, 0.8], [0.6, 0.4], [0.2, 0.9]))
    assert_allclose(
        combine([a, b, c], "majority", multilabel=True), [[(2 + 1.7 / 3) / 4, 2.7 / 4]]
    )
    assert_allclose(combine([a, b, c], "intersection", [1], multilabel=True), [[1.7 / 3, 0.4]])


def test_a_vote_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="vote is 'loud'; wanted one of soft"):
        combine(drawn(2), "loud")
