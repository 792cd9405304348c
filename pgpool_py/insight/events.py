"""What has happened lately: the last lines that a person would ask for."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: So many are kept.
MOST: Final = 100


class EventKind(StrEnum):
    """What an event is about."""

    RELOAD = "reload"
    LEAK = "leak"
    ALERT = "alert"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Event:
    """One of them.

    Attributes:
        at: seconds since the epoch.
    """

    at: float
    kind: EventKind
    text: str


class Events:
    """Keeps the last :data:`MOST`, the oldest first."""

    __slots__ = ("_clock", "_events")

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=MOST)

    def note(self, kind: EventKind, text: str) -> None:
        """Put one behind the others."""
        self._events.append(Event(self._clock(), kind, text))

    def all(self) -> tuple[Event, ...]:
        """Give them all."""
        return tuple(self._events)
