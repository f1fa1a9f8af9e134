import threading
import time

import pytest

from featcls.dataset.ahead import PER_THREAD, ahead


@pytest.mark.parametrize("n_threads", [0, 1, 3])
def test_results_come_in_the_order_of_the_items(n_threads):
    def late(item):
        time.sleep(0.002 * (item % 3))
        return item

    assert list(ahead(late, range(30), n_threads)) == list(range(30))


def test_items_are_taken_only_as_fast_as_results():
    taken = []

    def items():
        for k in range(1000):
            taken.append(k)
            yield k

    results = ahead(lambda k: k, items(), 2)
    assert next(results) == 0
    assert len(taken) == 2 * PER_THREAD
    results.close()
    assert len(taken) == 2 * PER_THREAD


@pytest.mark.parametrize("n_threads", [0, 2])
def test_an_error_stands_where_its_result_would(n_threads):
    results = ahead(lambda k: 1 / (2 - k), range(5), n_threads)
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_no_thread_is_left_behind():
    before = threading.active_count()
    results = ahead(str, range(100), 3)
    next(results)
    results.close()
    assert threading.active_count() == before
