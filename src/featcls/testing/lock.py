"""Whether other threads get on while a step computes: what `releases_gil` promises."""

import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.frame import Frame
from featcls.testing.report import NotApplicable
from featcls.testing.step import Step

PAUSE = 1e-4  # s, between two looks of the other thread
LONG = 0.01  # s, that a call should take for the other thread to have its chance
SIDE = 4096  # pixels at most, of the frame that makes it so long
TRIALS = 2.0  # s of computing: on a busy machine the other thread may not be run for a while
HELD = 0.75  # of a call in one go, from which on the lock counts as held: one look may do


def lets_others_run(call: Callable[[], Any]) -> bool:
    """Say whether a call gives up the interpreter lock for a good part of its time.

    Another thread writes down when it runs. It never asks for the lock meanwhile, so it runs
    only where the call itself gives the lock up: a call that does not fails at any number of
    trials, and one that does passes as soon as the other thread was run in the middle of it,
    on a busy machine after some trials. All times are of computing, where the platform tells
    that, so that they do not grow with the load.

    Examples
    --------
    >>> noise = np.random.default_rng(0).random(1_000_000)
    >>> lets_others_run(lambda: np.sort(noise)), lets_others_run(lambda: sorted(range(100_000)))
    (True, False)
    """
    clock = _clock_of_this_thread()
    marks: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            marks.append(clock())
            time.sleep(PAUSE)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)  # s: nobody is asked to give the lock up
    other = threading.Thread(target=look)
    other.start()
    try:
        limit = clock() + TRIALS
        while (start := clock()) < limit:
            marks.clear()
            call()
            if _longest_gap([start, *marks, clock()]) < HELD:
                return True
        return False
    finally:
        over.set()
        sys.setswitchinterval(interval)
        other.join()


def others_run_beside(step: Step, function: Callable[[Frame], Any]) -> None:
    """Fail if a step that says `releases_gil` keeps the lock for most of a call."""
    if not getattr(step.factory, "releases_gil", False):
        raise NotApplicable("it does not say that it releases the lock")
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise NotApplicable("this Python has no lock")
    image = _long_enough(step.frames[0].image, function)
    # A new frame each time: a step may remember what it found on the last.
    assert lets_others_run(lambda: function(Frame(image))), "no other thread runs meanwhile"


def _long_enough(image: NDArray[np.generic], function: Callable[[Frame], Any]) -> Any:
    """Return the image repeated side by side until a function computes on it for `LONG`."""
    while 2 * max(image.shape) <= SIDE:
        start = time.thread_time()
        function(Frame(image))
        if time.thread_time() - start >= LONG:
            break
        image = np.tile(image, (2, 2))
    return image


def _clock_of_this_thread() -> Callable[[], float]:
    """Return a clock of what this thread computes, which other threads can read too."""
    if hasattr(time, "pthread_getcpuclockid"):
        return partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))
    return time.perf_counter


def _longest_gap(marks: list[float]) -> float:
    """Return the longest time between neighbours, as a share of the whole."""
    ordered = sorted(marks)
    return max(later - mark for mark, later in pairwise(ordered)) / (ordered[-1] - ordered[0])
