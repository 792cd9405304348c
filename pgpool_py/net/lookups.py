"""Calls of the system that may hang, in threads that nobody has to wait for.

asyncio's own executor will not do for names: a few that hang keep all others waiting,
and the process does not end before its threads have. These are daemons, a question that
hangs is not put again, and there are not more threads than :data:`MOST_THREADS`.
"""

import asyncio
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from typing import Final, Generic, TypeVar

T = TypeVar("T")

#: Further questions wait until one of these is answered.
MOST_THREADS: Final = 16


class Lookups(Generic[T]):
    """Those of one loop."""

    __slots__ = ("_loop", "_places", "_running")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._places = asyncio.Semaphore(MOST_THREADS)
        self._running: dict[Hashable, asyncio.Future[T]] = {}

    async def ask(self, question: Hashable, work: Callable[[], T]) -> T:
        """Return what ``work()`` returns, or raise what it raises.

        Who asks a question that is still unanswered gets the answer to that. To cancel
        this ends the wait, not the thread.
        """
        if question not in self._running:
            await self._places.acquire()
            if question in self._running:
                self._places.release()
            else:
                self._start(question, work)
        return await asyncio.shield(self._running[question])

    def _start(self, question: Hashable, work: Callable[[], T]) -> None:
        answer: asyncio.Future[T] = self._loop.create_future()
        self._running[question] = answer
        answer.add_done_callback(lambda _: self._end(question))

        def run() -> None:
            end: Callable[[], None]
            try:
                end = partial(answer.set_result, work())
            except Exception as error:
                end = partial(answer.set_exception, error)
            # The loop may be closed by now: then nobody wants to know.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(end)

        threading.Thread(target=run, name=f"lookup {question}", daemon=True).start()

    def _end(self, question: Hashable) -> None:
        # Retrieved, for whoever asked may have given up.
        self._running.pop(question).exception()
        self._places.release()
