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

    def send(self, requests: Requests, server: ServerConnection) -> bool:
        """Send it to a server that others share; False: more need be sent for it.

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

    def send(self, requests: Requests, server: ServerConnection) -> bool:
        """See LoneRun; more is needed where the server lacks the statement."""
        del requests  # Which names its client has is not changed.
        batch, run, statement = self
        ledger = server.ledger
        if not ledger.statements.has(statement.name):
            return False
        ledger.statements.hits += 1
        ledger.run_behind(run.entries)
        server.stream.gather(with_name(batch, run.name, statement.name))
        return True


class LoneUnnamedRun(NamedTuple):
    """It parses the unnamed statement, and runs that."""

    batch: bytes
    run: UnnamedRun

    @property
    def text(self) -> bytes:
        """See LoneRun."""
        return self.run.text

    def send(self, requests: Requests, server: ServerConnection) -> bool:
        """See LoneRun."""
        ledger = server.ledger
        # Its text is harmless, so nothing is to be sent in its place.
        requests.parse_unnamed(self.run.parse, ledger, None)
        ledger.run_behind(self.run.entries)
        server.stream.gather(self.batch)
        return True
