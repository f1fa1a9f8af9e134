"""One thread for the libraries behind an estimator."""

from functools import cache
from typing import Any


def one_thread(kind: type) -> Any:
    """Return a context in which the libraries behind a type of estimator use one thread.

    BLAS adds in another order on other numbers of threads, and other sums are other numbers.
    """
    return _controller(kind).limit(limits=1)


@cache
def _controller(kind: type) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # sees what is loaded now, so one for each type
