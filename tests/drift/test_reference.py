from dataclasses import replace

import numpy as np
import pytest

from drift_frames import make_stream, measure
from featcls.classifiers import npy
from featcls.drift.cusum import ALLOWANCE
from featcls.drift.reference import FAR, LAYOUT, build, load
from featcls.errors import ModelError


def test_it_comes_back_from_its_members(reference):
    document, members = reference.dump()
    again = load(document, members, 2, 2)
    for name in LAYOUT:
        np.testing.assert_array_equal(getattr(again, name), getattr(reference, name))
    assert again.honest


def test_frames_of_another_version_are_not_compared(reference):
    document, members = reference.dump()
    assert load({**document, "version": 0}, members, 2, 2) is None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("quantiles", lambda array: array[:, :, ::-1]),
        ("quantiles", lambda array: array[:, :-1]),
        ("quantiles", lambda array: array * np.nan),
        ("means", lambda array: array + 5),
        ("counts", lambda array: array + 1),
        ("counts", lambda array: array - array),
        ("curve", lambda array: array[:4]),
        ("curve", lambda array: array.astype(np.float32)),
    ],
)
def test_arrays_that_no_frames_can_have_given_are_refused(reference, name, change):
    document, members = reference.dump()
    array = npy.load(members[f"{name}.npy"], name)
    with pytest.raises(ModelError):
        load(document, {**members, f"{name}.npy": npy.dump(change(array))}, 2, 2)


def test_standard_values_of_its_own_frames_are_near_normal(reference):
    codes, images = make_stream(400, seed=1, hit_rate=0.5)
    X = reference.watched(*measure(images))
    z = reference.standard(codes, X)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
    varied = np.ptp(X, axis=0) > 0
    assert (z[:, varied].std(axis=0) < 1.1).all()
    assert (z[:, ~varied] == 0).all()


def test_what_lies_beyond_the_reference_counts_three_and_ties_their_middle():
    codes = np.zeros(100, int)
    values = np.repeat([0.0, 1.0], [90, 10])[:, None]
    measured = np.random.default_rng(0).normal(size=(100, 44))
    reference = build(codes, measured, values, 1)
    at = np.array([[-1.0], [0.0], [1.0], [2.0]])
    X = np.hstack([measured[:4], at])
    z = reference.standard(codes[:4], X)[:, -1] + reference.means[0, -1]
    assert z[0] == -FAR
    assert z[3] == FAR
    assert z[0] < z[1] < 0 < z[2] < z[3]


def test_few_frames_give_none_and_a_rare_class_has_the_quantiles_of_all():
    measured, features = np.random.default_rng(0).normal(size=(60, 44)), np.zeros((60, 0))
    assert build(np.zeros(19, int), measured[:19], features[:19], 2) is None
    codes = np.repeat([0, 1], [55, 5])
    reference = build(codes, measured, features, 3)
    np.testing.assert_array_equal(reference.quantiles[1], reference.quantiles[-1])
    assert reference.counts.tolist() == [55, 5, 0, 60]
    allowed = reference.allowances(35.0)
    assert ALLOWANCE < allowed[0] < allowed[1] == allowed[2]
    assert replace(reference, honest=False).allowances(35.0)[0] > allowed[0]
