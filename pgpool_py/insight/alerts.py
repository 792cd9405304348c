"""Alerts: that a pool is nearly full, has none left, or lets clients wait too long.

Each is a line in the log when it begins and one when it ends, and a metric meanwhile.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pgpool_py.log import about
from pgpool_py.pooler.holding import numbered_holders
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.settings import Settings
from pgpool_py.wording import counted

from .events import EventKind, Events

_log = logging.getLogger(__name__)


class AlertKind(StrEnum):
    """What is wrong."""

    UTILISATION = "utilisation"
    EXHAUSTED = "exhausted"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Alert:
    """One that has begun.

    Attributes:
        since: seconds for which it has been.
        text: which limit, its value and what to do.
    """

    kind: AlertKind
    database: str
    user: str
    since: float
    text: str


# Which pool, by its names, and what of it.
_Key = tuple[str, str, AlertKind]


class Alerts:
    """Looks at all pools."""

    __slots__ = ("_active", "_events", "_full_since", "_pooler")

    def __init__(self, pooler: Pooler, events: Events) -> None:
        self._pooler = pooler
        self._events = events
        self._active: dict[_Key, tuple[float, str]] = {}
        # Since when a pool's utilisation is above the limit.
        self._full_since: dict[tuple[str, str], float] = {}

    def tick(self) -> None:
        """Begin and end alerts; called once a second."""
        now, settings = self._pooler.now, self._pooler.settings
        wrong: dict[_Key, str] = {}
        self._full_since = {
            key: self._full_since.get(key, now)
            for key, pool in self._pooler.pools.items()
            if settings.alert_utilisation
            and utilisation(pool) > settings.alert_utilisation
        }
        for key, pool in self._pooler.pools.items():
            full = now - self._full_since.get(key, now)
            for kind, text in _faults(pool, settings, now, full):
                wrong[(*key, kind)] = text
        for ended in [one for one in self._active if one not in wrong]:
            since, _ = self._active.pop(ended)
            self._say(logging.INFO, ended, f"alert ended after {now - since:.0f} s")
        for begun, text in wrong.items():
            if begun not in self._active:
                self._active[begun] = (now, text)
                self._say(logging.WARNING, begun, f"alert: {text}")

    def _say(self, level: int, key: _Key, text: str) -> None:
        database, user, kind = key
        line = f"pool {database}/{user}: {kind} {text}"
        extra = about(None, database=database, user=user, alert=kind)
        _log.log(level, "%s", line, extra=extra)
        self._events.note(EventKind.ALERT, line)

    def active(self) -> tuple[Alert, ...]:
        """Give those that have not ended."""
        now = self._pooler.now
        return tuple(
            Alert(kind, database, user, now - since, text)
            for (database, user, kind), (since, text) in self._active.items()
        )


def utilisation(pool: Pool) -> float:
    """Give the part of ``pool_size`` that is lent or busy, 0 where it is unlimited."""
    size = pool.settings.pool_size
    return len(pool.books.busy) / size if size else 0.0


def _faults(
    pool: Pool, settings: Settings, now: float, full: float
) -> Iterator[tuple[AlertKind, str]]:
    size, books = pool.settings.pool_size, pool.books
    if full and full >= settings.alert_utilisation_time:
        text = (
            f"{len(books.busy)} of {counted(size, 'server')} (pool_size) in use, more "
            f"than alert_utilisation ({settings.alert_utilisation:.0%}), for "
            f"{full:.0f} s: {_cure(pool, now)}"
        )
        yield AlertKind.UTILISATION, text
    oldest = books.oldest_wait()
    if oldest is None or pool.paused:
        return
    if not books.idle and not books.opening and size and books.total >= size:
        text = (
            f"no server is free, {counted(books.total, 'server')} in use (pool_size "
            f"{size}), {counted(len(books.waiters), 'client')} waiting: "
            f"{_cure(pool, now)}"
        )
        yield AlertKind.EXHAUSTED, text
    if settings.alert_wait and now - oldest >= settings.alert_wait:
        text = (
            f"a client has waited {now - oldest:.0f} s for a server (alert_wait is "
            f"{settings.alert_wait:g} s): {_cure(pool, now)}"
        )
        yield AlertKind.WAIT, text


def _cure(pool: Pool, now: float) -> str:
    """Say what to do, and who is in the way: SHOW LEAKS may not have them for long."""
    held = numbered_holders(pool.books, now)
    by = f"; servers are held longest by: {held}" if held else ""
    return f"raise pool_size (SHOW ADVICE), or have servers held for less long{by}"
