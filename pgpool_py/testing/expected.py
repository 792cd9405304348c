"""How many transactions a block is to begin."""

from collections.abc import Callable
from types import TracebackType


class ExpectedTransactions:
    """A `with` block that fails, at its own line, if it does not begin so many."""

    def __init__(self, number: int, count: Callable[[], int]) -> None:
        self._number = number
        self._count = count
        self._before = 0

    def __enter__(self) -> None:
        self._before = self._count()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What pytest shows is where the test says what it expects.
        __tracebackhide__ = True
        if error is not None:
            return
        seen = self._count() - self._before
        if seen != self._number:
            msg = f"{self._number} transactions were expected, {seen} were seen"
            raise AssertionError(msg)
