"""What PostgreSQL is asked to run in the pooled database, as its log has it."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.server.examination import Questions, ask
from pgwire.codes import Frontend
from pgwire.framing import HEADER_SIZE, message_end
from pgwire.frontend import Parse
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.waiting import until

# Further lines of a text begin with a tab.
_RUN = re.compile(
    r"^[^\t].*? LOG:  (?:statement|execute(?: fetch from)? [^:]+): (.*(?:\n\t.*)*)",
    re.MULTILINE,
)


def _texts(messages: bytes) -> Iterator[str]:
    """Give the texts of all Parse messages."""
    position = 0
    while position < len(messages):
        end = message_end(messages, position)
        if messages[position] == Frontend.PARSE:
            yield Parse.decode(messages[position + HEADER_SIZE : end]).sql.decode()
        position = end


#: What a pooler asks to find out what a client has changed.
QUESTIONS = frozenset(
    _texts(ask(Questions(names=("role",), all_parameters=True, holdings=True)))
)


class Transcript:
    """What is run from its construction on, by sessions that begin within `kept`."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._read_up_to = server.log_file.stat().st_size

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Have PostgreSQL log all statements in the pooled database."""
        with psycopg.connect(self._server.dsn, autocommit=True) as direct:
            direct.execute(f"ALTER DATABASE {POOLED} SET log_statement = 'all'")
            try:
                yield
            finally:
                direct.execute(f"ALTER DATABASE {POOLED} RESET log_statement")

    def take(self) -> list[str]:
        """Return what was run since the last time, by whomever; each text as sent."""
        mark = f"end of the transcript {secrets.token_hex(8)}"
        with psycopg.connect(self._server.dsn_of(POOLED), autocommit=True) as direct:
            direct.execute(f"SELECT '{mark}'".encode())
        # All backends log into one pipe: what is before the mark was logged before.
        until(lambda: mark in self._log(), "the mark is in PostgreSQL's log")
        log = self._log()
        self._read_up_to += len(log.encode())
        return [
            text.replace("\n\t", "\n")
            for text in _RUN.findall(log)
            if not text.startswith("SELECT 'end of the transcript ")
        ]

    def _log(self) -> str:
        with self._server.log_file.open("rb") as file:
            file.seek(self._read_up_to)
            return file.read().decode(errors="replace")
