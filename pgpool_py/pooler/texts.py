"""Which texts may share a server, as far as one pool knows."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final, TypeVar

from pgpool_py.sql.rerunnable import calls_nothing, rerunnable, self_contained
from pgwire.classification import Classify
from pgwire.seen import ALIKE

V = TypeVar("V")

# What is remembered of a text is what is alike in all that one line of an application
# sends: without numbers and strings.
_LITERALS: Final = re.compile(rb"[0-9]++|'[^']*+'").sub
# How many texts are remembered, and how long they may be.
_MOST: Final = 1000
_LONGEST: Final = 1000
# Of the runs of a text, how many may keep others waiting; and the least that tell.
_MOST_SLOW: Final = 0.05
_LEAST_SLOW: Final = 2
# Seconds for which a text that is slow stays alone.
_ALONE_FOR: Final = 1.0
# Seconds after which it is forgotten that a text has kept others waiting.
_FORGOTTEN_AFTER: Final = 10.0


class Verdict(Enum):
    """Whether a statement may be behind others."""

    YES = auto()
    REFUSED = auto()
    SLOW = auto()


@dataclass(slots=True)
class _Record:
    """A text that has kept others waiting.

    Attributes:
        last: when it did.
        slow: how often.
        runs: how often it came since it is known here.
        alone_until: up to when it may neither follow nor be followed.
    """

    last: float
    slow: int = 0
    runs: int = 0
    alone_until: float = 0.0


class Texts:
    """See the module's text.

    Args:
        classify: says what a text may touch.
        allows: says whether functions of these names may be run twice.
    """

    __slots__ = ("_allows", "_classify", "_is_known", "_plain", "_records", "_refused")

    def __init__(
        self, classify: Classify, allows: Callable[[frozenset[bytes]], bool]
    ) -> None:
        self._classify = classify
        self._allows = allows
        # Shapes of texts that may not be run twice; not to be asked for again.
        self._refused: dict[bytes, None] = {}
        self._records: dict[bytes, _Record] = {}
        # Texts that may be behind others whatever their numbers, as ALIKE makes them,
        # and their shapes.
        self._plain: dict[bytes, bytes] = {}
        self._is_known: Callable[[bytes], bool] = self._plain.__contains__

    def plain_at(self, now: float) -> Callable[[bytes], bool]:
        """Tell of texts, as ALIKE makes them, whether they may be behind others now."""
        return partial(self._is_plain, now) if self._records else self._is_known

    def _is_plain(self, now: float, alike: bytes) -> bool:
        shape = self._plain.get(alike)
        return shape is not None and not self._is_slow(shape, now)

    def may_follow(self, text: bytes, now: float) -> Verdict:
        """Say whether a statement may be behind others: run twice, and soon over."""
        if self._records and self._is_slow(_shape(text), now):
            return Verdict.SLOW
        alike = text.translate(ALIKE)
        if alike in self._plain:
            return Verdict.YES
        if self._refused and _shape(text) in self._refused:
            return Verdict.REFUSED
        if calls_nothing(text):
            _remember(self._plain, alike, _shape(text))
            return Verdict.YES
        called = rerunnable(text, self._classify)
        if called is None:
            _remember(self._refused, _shape(text), None)
        elif not called or self._allows(called):
            return Verdict.YES
        return Verdict.REFUSED

    def may_be_followed(self, text: bytes, now: float) -> bool:
        """Tell whether others may be behind a statement."""
        if self._records and self._is_slow(_shape(text), now):
            return False
        return self_contained(text, self._classify)

    def note_slow(self, text: bytes, now: float) -> None:
        """Take note that a statement has kept others waiting.

        If its like does so often, it is to stay alone for a while.
        """
        shape = _shape(text)
        record = self._records.get(shape)
        if record is None:
            record = _Record(-1.0)
            _remember(self._records, shape, record)
        if now == record.last:
            # What stalls several servers at once is not its fault.
            return
        record.last = now
        record.slow += 1
        record.runs = max(record.runs, record.slow)
        if record.slow >= max(_LEAST_SLOW, _MOST_SLOW * record.runs):
            record.alone_until = now + _ALONE_FOR

    def _is_slow(self, shape: bytes, now: float) -> bool:
        record = self._records.get(shape)
        if record is None:
            return False
        if now - record.last >= _FORGOTTEN_AFTER:
            del self._records[shape]
            return False
        record.runs += 1
        return now < record.alone_until


def _shape(text: bytes) -> bytes:
    return _LITERALS(b"0", text)


def _remember(known: dict[bytes, V], shape: bytes, what: V) -> None:
    if len(shape) > _LONGEST:
        return
    if len(known) >= _MOST and shape not in known:
        del known[next(iter(known))]
    known[shape] = what
