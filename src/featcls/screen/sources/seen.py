"""Files that were seen, in as little memory as lets none of them be told twice."""

import numpy as np

RECENT = 1 << 16  # files that are kept apart before they are sorted in with the rest


class Seen:
    """Remembers files by their path, size and time of last change, in 8 bytes each.

    What is kept is a 64-bit number of the three: among ten million files the chance that a new
    one is taken for one of them is some 3 in a million for all of them together.

    Examples
    --------
    >>> seen = Seen()
    >>> seen.add("a.cbf", 100, 1), seen.add("a.cbf", 100, 1), seen.add("a.cbf", 100, 2)
    (True, False, True)
    >>> seen.knows("a.cbf", 100, 2), seen.knows("b.cbf", 100, 2)
    (True, False)
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._sorted = np.empty(0, np.int64)

    def add(self, path: str, size: int, changed: int) -> bool:
        """Remember a file; say whether it is new."""
        if self.knows(path, size, changed):
            return False
        self._recent.add(hash((path, size, changed)))
        if len(self._recent) >= RECENT:
            # Sorted in before they go: another thread that asks meanwhile finds them in both.
            recent = np.fromiter(self._recent, np.int64, len(self._recent))
            self._sorted = np.sort(np.concatenate([self._sorted, recent]))
            self._recent = set()
        return True

    def knows(self, path: str, size: int, changed: int) -> bool:
        """Say whether a file was added as it is now."""
        number = hash((path, size, changed))
        if number in self._recent:
            return True
        numbers = self._sorted
        place = int(np.searchsorted(numbers, number))
        return place < len(numbers) and bool(numbers[place] == number)
