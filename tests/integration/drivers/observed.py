"""A pooler in transaction mode, and what clients make it do by itself."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from tests.fixtures.pooler_files import DATABASE
from tests.fixtures.pooling import PoolerProcess
from tests.fixtures.waiting import until

from .transcript import QUESTIONS, Transcript


@dataclass(frozen=True, slots=True)
class Observed:
    """A pooler, and what it costs to keep its clients' session state.

    Attributes:
        pooler: its settings are the defaults.
        console: connected to it.
        transcript: of all that is run through it.
    """

    pooler: PoolerProcess
    console: psycopg.Connection[TupleRow]
    transcript: Transcript

    def pins(self) -> list[str]:
        """Return what clients keep servers for, now that they are between statements.

        Only clients that are in no transaction may be connected.
        """
        until(self._is_settled, "no server is lent but to clients that are pinned")
        return [row["holds"] for row in self._show("PINS")]

    def cost(self) -> list[str]:
        """Return what was asked to know of session state since the last time, and pins.

        It is counted in questions; those of one examination go out together.
        """
        pins = self.pins()
        return [text for text in self.transcript.take() if text in QUESTIONS] + pins

    def _is_settled(self) -> bool:
        pools = [row for row in self._show("POOLS") if row["database"] == DATABASE]
        lent: int = sum(row["sv_active"] for row in pools)
        return lent == len(self._show("PINS"))

    def _show(self, what: str) -> list[dict[str, Any]]:
        with self.console.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"SHOW {what}".encode()).fetchall()
