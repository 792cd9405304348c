"""Slow work for logins, at a pace that leaves the loop to those who are in.

To check a password against a SCRAM secret takes a derivation of keys, a millisecond or
more. A flood of logins must not stop everybody else meanwhile: of the loop's time at
most a quarter goes into such work, once a little credit is used up. It is done in the
loop, piece by piece, rather than in threads: a thread would take its time from the
same two or four cores, without a bound on how much, and end after its client was gone.
"""

import time
from collections.abc import Callable
from typing import Final

SHARE: Final = 0.25
#: Seconds of work that may be done in one go: some twenty derivations.
CREDIT: Final = 0.05


class Pace:
    """Does work at once while there is credit, else in its turn.

    ``later`` calls a function after so many seconds, as ``loop.call_later``; ``now`` is
    the clock that credit grows by, ``timer`` measures work, both in seconds.
    """

    __slots__ = ("_credit", "_last", "_later", "_now", "_queue", "_timer", "_waiting")

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], object],
        now: Callable[[], float],
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._later = later
        self._now = now
        self._timer = timer
        self._queue: dict[object, Callable[[], None]] = {}
        self._credit = CREDIT
        self._last = now()
        self._waiting = False

    def __len__(self) -> int:
        return len(self._queue)

    def run(self, owner: object, work: Callable[[], None]) -> None:
        """Do work, now or in its turn; an owner has one piece at a time."""
        if not self._queue and self._earned() > 0:
            self._do(work)
        else:
            self._queue[owner] = work
            self._wait()

    def leave(self, owner: object) -> None:
        """Take the work of an owner out of the queue."""
        self._queue.pop(owner, None)

    def _earned(self) -> float:
        now = self._now()
        self._credit = min(CREDIT, self._credit + (now - self._last) * SHARE)
        self._last = now
        return self._credit

    def _do(self, work: Callable[[], None]) -> None:
        began = self._timer()
        try:
            work()
        finally:
            self._credit -= self._timer() - began

    def _wait(self) -> None:
        if not self._waiting and self._queue:
            self._waiting = True
            self._later(max(0.0, -self._credit / SHARE), self._go_on)

    def _go_on(self) -> None:
        self._waiting = False
        if self._queue and self._earned() >= 0:
            owner = next(iter(self._queue))
            self._wait_behind(owner)
            return
        self._wait()

    def _wait_behind(self, owner: object) -> None:
        """Do the first piece; the next one not before the loop has served others."""
        try:
            self._do(self._queue.pop(owner))
        finally:
            self._wait()
