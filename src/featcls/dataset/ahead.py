"""Work that threads do ahead of whoever takes the results, within bounds."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

PER_THREAD = 4  # results that may wait


def ahead(
    function: Callable[[Item], Result], items: Iterable[Item], n_threads: int
) -> Iterator[Result]:
    """Yield the results of a function in the order of the items, computed by threads.

    Unlike `Executor.map` it takes items only as fast as results are taken: at most four a
    thread wait. With 0 threads the caller computes each result itself. An error is raised
    where its result would stand.

    Examples
    --------
    >>> list(ahead(str, range(3), n_threads=2))
    ['0', '1', '2']
    """
    if n_threads < 1:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="ahead")
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= PER_THREAD * n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
