"""Asking the loop from another thread: what it says is frozen, and comes in time."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

# Seconds. A probe of Kubernetes waits for one second unless told otherwise, but a loop
# that is late by one is not dead.
PATIENCE: Final = 2.0


class Loop(Protocol):
    """What takes work from other threads."""

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> object:
        """Call in the loop's own thread, soon; RuntimeError if it is closed."""


class NoAnswerError(Exception):
    """The loop does not answer; the text says why."""


class Asker:
    """Asks one loop."""

    __slots__ = ("_loop", "_patience")

    def __init__(self, loop: Loop, patience: float = PATIENCE) -> None:
        self._loop = loop
        self._patience = patience

    def ask(self, question: Callable[[], T]) -> T:
        """Have the loop answer; never called in its own thread.

        Raises:
            NoAnswerError: it does not, within the time it has.
        """
        answer: Future[T] = Future()

        def reply() -> None:
            # Nobody waits any more where the loop was too late.
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(question())
                except Exception as error:
                    answer.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(reply)
        except RuntimeError:
            raise NoAnswerError("the pooler has stopped") from None
        try:
            return answer.result(self._patience)
        except TimeoutError:
            answer.cancel()
            limit = f"{self._patience:g} s"
            raise NoAnswerError(f"the loop did not answer within {limit}") from None
