"""How long to wait after a server could not be opened."""

from typing import Final

# A restarting PostgreSQL is found again soon; one that is gone is not bothered.
FIRST_PAUSE: Final = 0.25


class Backoff:
    """Doubles the pause with every failure, up to a ceiling in seconds."""

    __slots__ = ("_pause", "_until", "ceiling")

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self._pause = 0.0
        self._until = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._pause > 0.0

    def failed(self, now: float) -> None:
        """Note a failure at ``now``."""
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), max(self.ceiling, 0.001))
        self._until = now + self._pause

    def succeeded(self) -> None:
        """Note a success."""
        self._pause = self._until = 0.0

    def due(self, now: float) -> bool:
        """Whether the next attempt may be made."""
        return now >= self._until
