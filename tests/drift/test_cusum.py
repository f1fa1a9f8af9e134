import numpy as np
import pytest

from featcls.drift.cusum import ALLOWANCE, Charts, allowance_for, threshold


def run_lengths(limit, allowed, off=0.0, runs=150, frames=6000, n=5):
    """First times at which charts of noise alarm, whose means are off by so much."""
    rng, lengths = np.random.default_rng(0), []
    for _ in range(runs):
        values = rng.normal(size=(frames, n)) + off * rng.normal(size=n)
        sums = Charts(1, n).ahead(0, values, np.full(frames, allowed))
        alarms = sums.max(axis=(1, 2)) >= limit
        lengths.append(1 + alarms.argmax() if alarms.any() else frames)
    return np.mean(lengths), np.std(lengths, ddof=1) / np.sqrt(runs)


def test_the_run_length_of_noise_is_the_stated_one():
    mean, error = run_lengths(threshold(200, 10), ALLOWANCE)
    # Charts that begin at 0 wait a little longer for their first alarm than the formula says.
    assert -3 * error < mean - 200 < 3 * error + 40


def test_means_that_are_off_by_chance_raise_no_more_alarms_than_stated():
    limit, off = threshold(200, 10), 50**-0.5
    mean, error = run_lengths(limit, allowance_for(limit, 50), off)
    assert mean > 200 - 3 * error
    without, error = run_lengths(limit, ALLOWANCE, off)
    assert without < 200 - 3 * error


def test_a_shift_is_found_on_its_side_and_its_start_is_known():
    charts, values = Charts(2, 3), np.zeros((100, 3))
    values[80:, 1] = -2.0
    for now in range(0, 100, 30):  # as they come, some at a time
        part = values[now : now + 30]
        sums = charts.ahead(1, part, np.full(len(part), 0.25))
        charts.take(1, sums, now + 1 + np.arange(len(part)))
    assert charts.sums[1].tolist() == [[0, 0, 0], [0, 20 * 1.75, 0]]
    assert charts.start[1, 1, 1] == 80
    assert not charts.sums[0].any()
    charts.restart(100)
    assert not charts.sums.any()


def test_sums_are_those_of_one_value_after_another():
    rng = np.random.default_rng(1)
    values, allowance = rng.normal(size=(200, 4)), rng.uniform(0.2, 0.5, 200)
    values[rng.random((200, 4)) < 0.1] = np.nan
    wanted, start = np.zeros((2, 4)), np.zeros((2, 4))
    charts = Charts(1, 4)
    for now in range(200):
        step = np.array([values[now], -values[now]]) - allowance[now]
        wanted = np.maximum(wanted + np.where(np.isnan(step), 0.0, step), 0.0)
        start[wanted == 0] = now
    for at in np.array_split(np.arange(200), 7):
        charts.take(0, charts.ahead(0, values[at], allowance[at]), at)
    np.testing.assert_allclose(charts.sums[0], wanted, atol=1e-12)
    np.testing.assert_array_equal(charts.start[0], start)


def test_more_charts_and_a_longer_run_need_a_higher_threshold():
    assert threshold(1e6, 100) > threshold(1e6, 10) > threshold(1e5, 10)
    with pytest.raises(ValueError, match="arl is 1"):
        threshold(1, 10)
