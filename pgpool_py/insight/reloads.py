"""What became of attempts to read the configuration anew."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reloaded:
    """At one moment.

    Attributes:
        taken_at: when the configuration in force was taken, in seconds since the epoch.
        ok: whether the last attempt succeeded.
        failures: how many did not.
    """

    taken_at: float
    ok: bool = True
    failures: int = 0


class Reloads:
    """Counts them, and notes each; the start is the first that succeeded."""

    __slots__ = ("_clock", "_note", "latest")

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._note = note
        self.latest = Reloaded(clock())

    def succeeded(self) -> None:
        """Note that a configuration was taken over."""
        self.latest = Reloaded(self._clock(), failures=self.latest.failures)
        self._note("the configuration was read anew")

    def failed(self) -> None:
        """Note that one had faults."""
        before = self.latest
        self.latest = Reloaded(before.taken_at, ok=False, failures=before.failures + 1)
        self._note("RELOAD failed: the configuration in force is kept")
