import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from featcls.simulate.detectors import DETECTORS
from simulate.reference import STORED, TABLES

COUNTS = "counts of a crystal"


@pytest.fixture(scope="module")
def stored():
    return json.loads(STORED.read_text())


@pytest.mark.parametrize("name", [name for name in TABLES if name != COUNTS])
def test_numbers_are_those_stored(stored, name):
    made = np.array(TABLES[name]())
    # Seven digits are stored; light is float32 through a Fourier transform.
    assert_allclose(made, stored[name], rtol=2e-5, atol=1e-6 * np.abs(made).max())


def test_counts_are_those_stored(stored):
    made, kept = np.array(TABLES[COUNTS]()), np.array(stored[COUNTS])
    # Another Fourier transform may round a count to its neighbour.
    assert np.abs(made - kept).max() <= 1
    assert (made == kept).mean() > 0.9


def test_detectors_are_those_stored(stored):
    assert json.loads(json.dumps(DETECTORS)) == stored["detectors"]


def test_every_table_is_stored_and_says_something(stored):
    assert set(stored) == {*TABLES, "detectors"}
    for name in TABLES:
        assert np.unique(stored[name]).size >= 5
