"""What was found in texts that come again, within a bound of bytes."""

import sys
from collections import OrderedDict
from typing import Final

from pgwire.classification import Classification, Classify

#: Room for some ten thousand statements of an application.
CAPACITY: Final = 4 * 1024 * 1024
# What an entry takes besides its text: its place, and a classification that names
# little.
_ENTRY: Final = 512
# A text that fills much of the cache would put out what comes more often.
_SHARE: Final = 16


class ClassificationCache:
    """A ``Classify`` that remembers what another says.

    The text that was not asked for longest is forgotten first.

    Args:
        classify: who is asked.
        capacity: in bytes, of texts and what is kept with them.
    """

    __slots__ = ("_capacity", "_classify", "_found", "size")

    def __init__(self, classify: Classify, capacity: int = CAPACITY) -> None:
        self._classify = classify
        self._capacity = capacity
        self._found: OrderedDict[bytes, Classification] = OrderedDict()
        #: In bytes, never above the capacity.
        self.size = 0

    def __len__(self) -> int:
        """Return how many texts are remembered."""
        return len(self._found)

    def __call__(self, text: bytes) -> Classification:
        """Say what a text may touch."""
        found = self._found.get(text)
        if found is not None:
            self._found.move_to_end(text)
            return found
        found = self._classify(text)
        size = _size(text, found)
        if size <= self._capacity // _SHARE:
            self._found[text] = found
            self.size += size
            while self.size > self._capacity:
                self.size -= _size(*self._found.popitem(last=False))
        return found


def _size(text: bytes, found: Classification) -> int:
    named = (*found.functions, *found.parameters, *found.names)
    return _ENTRY + sys.getsizeof(text) + sum(map(sys.getsizeof, named))
