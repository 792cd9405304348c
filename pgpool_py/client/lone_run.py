"""A batch that has come alone, runs one statement once, and touches nothing else.

It can be sent behind others in one step, without going through its messages.
"""

from typing import NamedTuple, Protocol

from pgpool_py.server.connection import ServerConnection
from pgwire.requests import Requests
from pgwire.sole import Run, UnnamedRun, with_name
from pgwire.statement import Statement


class LoneRun(Protocol):
    """See the module's text."""

    @property
    def batch(self) -> bytes:
        """Give all of it."""

    @property
    def text(self) -> bytes:
        """Give the text of the statement."""

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
    def text(self) -> bytes:
        """See LoneRun."""
        return self.statement.text

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
    run: UnnamedRun

    @property
    def text(self) -> bytes:
        """See LoneRun."""
        return self.run.text

    def send(self, requests: Requests, server: ServerConnection) -> bytes | None:
        """See LoneRun."""
        ledger = server.ledger
        # Its text is harmless, so nothing is to be sent in its place.
        requests.parse_unnamed(self.run.parse, ledger, None)
        ledger.run_behind(self.run.entries)
        return self.batch
