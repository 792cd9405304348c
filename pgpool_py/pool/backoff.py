"""How long to wait after a server could not be opened."""

from typing import Final

# A restarting PostgreSQL is found again soon; one that is gone is not bothered.
FIRST_PAUSE: Final = 0.25


class Backoff:
    """Doubles the pause with every failure, up to a ceiling in seconds.

    Attributes:
        ceiling: may be replaced at any time; holds from the next failure on.
        pause: seconds from the last failure to the next attempt; 0 without a failure.
    """

    __slots__ = ("_until", "ceiling", "pause")

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self.pause = 0.0
        self._until = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self.pause > 0.0

    def failed(self, now: float) -> None:
        """Note a failure at ``now``."""
        self.pause = min(max(self.pause * 2, FIRST_PAUSE), max(self.ceiling, 0.001))
        self._until = now + self.pause

    def succeeded(self) -> None:
        """Note a success."""
        self.pause = self._until = 0.0

    def due(self, now: float) -> bool:
        """Whether the next attempt may be made."""
        return now >= self._until
