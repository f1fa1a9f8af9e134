"""Frames that wait for a worker: as many as may, and what happens to the rest."""

import math
import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")

POLICIES = ("drop-oldest", "block")


class Waiting(Generic[Item]):
    """A bounded queue between one who puts and many who take.

    Parameters
    ----------
    size : int
        Items that may wait.
    policy : {"drop-oldest", "block"}
        Where there is no room: give up the items that wait longest, or make whoever puts wait,
        which holds up the source.
    nbytes : float
        Bytes that items may hold together; an item alone may hold more.

    Examples
    --------
    >>> waiting = Waiting(2, "drop-oldest", nbytes=100)
    >>> [waiting.put(item, nbytes) for item, nbytes in (("a", 0), ("b", 60), ("c", 30), ("d", 80))]
    [[], [], ['a'], ['b', 'c']]
    >>> waiting.take(5)
    ['d']
    """

    def __init__(self, size: int, policy: str, nbytes: float = math.inf) -> None:
        if policy not in POLICIES:
            raise ValueError(f"policy is {policy!r}; give one of {POLICIES}")
        if size < 1:
            raise ValueError(f"size is {size}; give 1 or more")
        self.size, self.policy, self.nbytes = size, policy, nbytes
        self._items: deque[tuple[Item, int]] = deque()
        self._held = 0  # bytes
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item, nbytes: int = 0) -> list[Item]:
        """Add an item that holds so much; return those given up for it, itself once closed."""
        with self._changed:
            if self.policy == "block":
                self._changed.wait_for(lambda: self._closed or self._has_room(nbytes))
            if self._closed:
                return [item]
            dropped = []
            while not self._has_room(nbytes):
                dropped.append(self._popped())
            self._items.append((item, nbytes))
            self._held += nbytes
            self._changed.notify_all()
            return dropped

    def _has_room(self, nbytes: int) -> bool:
        few = len(self._items) < self.size and self._held + nbytes <= self.nbytes
        return few or not self._items

    def _popped(self) -> Item:
        item, nbytes = self._items.popleft()
        self._held -= nbytes
        return item

    def take(self, n: int) -> list[Item]:
        """Wait for an item, then return up to `n`; nothing once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            return self._taken(n)

    def close(self) -> None:
        """Take no more; those who wait go on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> list[Item]:
        """Give up all that waits and return it."""
        with self._changed:
            return self._taken(len(self._items))

    def _taken(self, n: int) -> list[Item]:
        taken = [self._popped() for _ in range(min(n, len(self._items)))]
        self._changed.notify_all()
        return taken
