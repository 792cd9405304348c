"""Bodies that are kept for a moment: many scrapers cost what one costs.

Rendering a large snapshot takes the interpreter for long, and of threads that do so at
once the loop would be but one of many.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from .question import NoAnswerError

# Seconds for which a body is given again.
FRESH: Final = 1.0
# Seconds to wait for others that render.
PATIENCE: Final = 5.0


class KeptBodies:
    """Makes one body at a time, by path and format; in any thread."""

    __slots__ = ("_bodies", "_lock", "_patience")

    def __init__(self, patience: float = PATIENCE) -> None:
        self._lock = threading.Lock()
        self._patience = patience
        # With the time until which it is fresh, by the monotonic clock.
        self._bodies: dict[tuple[str, str], tuple[float, bytes]] = {}

    def get(self, path: str, kind: str, make: Callable[[], bytes]) -> bytes:
        """Give the body that is fresh, or make it.

        Raises:
            NoAnswerError: others render, and do not end; or what ``make`` raises.
        """
        if not self._lock.acquire(timeout=self._patience):
            limit = f"{self._patience:g} s"
            raise NoAnswerError(f"others were not answered within {limit}")
        try:
            until, body = self._bodies.get((path, kind), (0.0, b""))
            if time.monotonic() >= until:
                body = make()
                self._bodies[path, kind] = (time.monotonic() + FRESH, body)
            return body
        finally:
            self._lock.release()
