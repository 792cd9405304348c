"""A batch that has come alone, runs one statement once, and touches nothing else.

It can be sent behind others in one step, without going through its messages.
"""

from typing import NamedTuple, Protocol

from pgpool_py.server.connection import ServerConnection
from pgwire.requests import Requests
from pgwire.seen import ALIKE
from pgwire.sole import Run, with_name
from pgwire.statement import Statement


class LoneRun(Protocol):
    """See the module's text."""

    @property
    def batch(self) -> bytes:
        """Give all of it."""

    @property
    def alike(self) -> bytes:
        """Give the text of the statement, as ALIKE makes it."""

    def send(self, requests: Requests, server: ServerConnection) -> bytes | None:
        """Write it down for a server that others share; None: more need be sent for it.

        What is given is to be sent.

        Args:
            requests: of its client.
            server: nothing is left to be sent to it of what came before.
        """


class LonePreparedRun(NamedTuple):
    """It runs a statement that its client has prepared."""

    batch: bytes
    run: Run
    statement: Statement

    @property
    def alike(self) -> bytes:
        """See LoneRun."""
        return self.statement.text.translate(ALIKE)

    def send(self, requests: Requests, server: ServerConnection) -> bytes | None:
        """See LoneRun; more is needed where the server lacks the statement."""
        del requests  # Which names its client has is not changed.
        batch, run, statement = self
        ledger = server.ledger
        if not ledger.statements.has(statement.name):
            return None
        ledger.statements.hits += 1
        ledger.run_behind(run.entries)
        return with_name(batch, run.name, statement.name)


class LoneUnnamedRun(NamedTuple):
    """It parses the unnamed statement, and runs that."""

    batch: bytes
    parse: bytes
    entries: tuple[int, ...]
    alike: bytes

    def send(self, requests: Requests, server: ServerConnection) -> bytes | None:
        """See LoneRun."""
        # Its text is harmless, so nothing is to be sent in its place.
        requests.parse_behind(self.parse, self.entries, server.ledger)
        return self.batch
