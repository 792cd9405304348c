"""Requests of a client that may not send everything: all are looked at.

The short way for one simple Query is left to those that the guards let through.
"""

from collections.abc import Mapping

from .classification import Classify
from .objecting import Watch
from .requests import Requests
from .statement import StatementBook
from .watched import WatchedRequests


class GuardedRequests(Requests):
    """See the module's text.

    Args:
        book: of prepared statements.
        lengths: the least and the greatest length word of each message.
        longest_query: bytes of a simple Query that needs no look; 0 for none.
    """

    __slots__ = ("_longest_query",)

    def __init__(
        self,
        book: StatementBook,
        lengths: Mapping[int, tuple[int, int]],
        longest_query: int,
    ) -> None:
        super().__init__(book, lengths)
        self._longest_query = longest_query

    def lone_query(self, view: memoryview, end: int) -> bytes | None:
        """Give the simple Query that ``view[:end]`` is, if it needs no look."""
        return super().lone_query(view, end) if end <= self._longest_query else None


class GuardedWatchedRequests(WatchedRequests):
    """As :class:`GuardedRequests`, of a client whose session state is kept."""

    __slots__ = ("_longest_query",)

    def __init__(
        self,
        book: StatementBook,
        classify: Classify,
        watch: Watch,
        lengths: Mapping[int, tuple[int, int]],
        longest_query: int,
    ) -> None:
        super().__init__(book, classify, watch, lengths)
        self._longest_query = longest_query

    def lone_query(self, view: memoryview, end: int) -> bytes | None:
        """Give the harmless Query that ``view[:end]`` is, if it needs no look."""
        return super().lone_query(view, end) if end <= self._longest_query else None
