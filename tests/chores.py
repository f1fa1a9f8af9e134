"""Tasks for workers, each a function of one payload."""

import time


class Odd(Exception):
    """Cannot be unpickled: it wants two arguments and keeps one."""

    def __init__(self, what, why):
        super().__init__(what)


def echo(payload):
    """Return what came."""
    return payload["value"]


def sleep(payload):
    """Sleep."""
    time.sleep(payload["seconds"])


def fail(payload):
    """Raise an error that no other process can read."""
    raise Odd("the lamp", "is out")
