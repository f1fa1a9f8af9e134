"""Frames that wait for a worker: as many as may, and what happens to the rest."""

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
        Where all places are taken: give up the item that waits longest, or make whoever puts
        wait, which holds up the source.

    Examples
    --------
    >>> waiting = Waiting(2, "drop-oldest")
    >>> [waiting.put(item) for item in "abc"]
    [None, None, 'a']
    >>> waiting.take(5)
    ['b', 'c']
    """

    def __init__(self, size: int, policy: str) -> None:
        if policy not in POLICIES:
            raise ValueError(f"policy is {policy!r}; give one of {POLICIES}")
        if size < 1:
            raise ValueError(f"size is {size}; give 1 or more")
        self.size, self.policy = size, policy
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> Item | None:
        """Add an item; return the one that was given up for it, itself once closed."""
        with self._changed:
            if self.policy == "block":
                self._changed.wait_for(lambda: len(self._items) < self.size or self._closed)
            if self._closed:
                return item
            dropped = self._items.popleft() if len(self._items) >= self.size else None
            self._items.append(item)
            self._changed.notify_all()
            return dropped

    def take(self, n: int) -> list[Item]:
        """Wait for an item, then return up to `n`; nothing once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            taken = [self._items.popleft() for _ in range(min(n, len(self._items)))]
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Take no more; those who wait go on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> list[Item]:
        """Give up all that waits and return it."""
        with self._changed:
            items = list(self._items)
            self._items.clear()
            self._changed.notify_all()
            return items
