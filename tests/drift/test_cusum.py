import numpy as np
import pytest

from featcls.drift.cusum import ALLOWANCE, Charts, threshold


def test_the_run_length_of_noise_is_the_stated_one():
    rng, lengths, n = np.random.default_rng(0), [], 5
    limit = threshold(200, 2 * n)
    for _ in range(150):
        charts, length = Charts(1, n), 1
        while charts.add(0, rng.normal(size=n), ALLOWANCE, length) < limit:
            length += 1
        lengths.append(length)
    error = np.std(lengths, ddof=1) / np.sqrt(len(lengths))
    # Charts that begin at 0 wait a little longer for their first alarm than the formula says.
    assert -3 * error < np.mean(lengths) - 200 < 3 * error + 40


def test_a_shift_is_found_on_its_side_and_its_start_is_known():
    charts, now = Charts(2, 3), 0
    for now in range(1, 101):
        charts.add(1, np.array([0.0, -2.0 if now > 80 else 0.0, 0.0]), 0.25, now)
    assert charts.sums[1].tolist() == [[0, 0, 0], [0, 20 * 1.75, 0]]
    assert charts.start[1, 1, 1] == 80
    assert not charts.sums[0].any()
    charts.restart(now)
    assert not charts.sums.any()


def test_more_charts_and_a_longer_run_need_a_higher_threshold():
    assert threshold(1e6, 100) > threshold(1e6, 10) > threshold(1e5, 10)
    with pytest.raises(ValueError, match="arl is 1"):
        threshold(1, 10)
