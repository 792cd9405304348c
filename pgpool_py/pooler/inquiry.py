"""One run of ``auth_query``: which secret does PostgreSQL hold of a user?

It borrows a server of a pool like a client, with nothing of the client's that logs in
but its name, which goes as a parameter of the extended protocol. Session parameters are
the pool's defaults: a client could else choose by ``search_path`` which table is read
(CVE-2025-12819 of PgBouncer).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.collected import Collected
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgwire.backend import DataRow
from pgwire.codes import Backend
from pgwire.diagnostics import ErrorResponse
from pgwire.errors import ProtocolError
from pgwire.exchange import StatementEvent
from pgwire.framing import messages
from pgwire.frontend import Bind, Execute, Parse, Sync
from pgwire.requests import written_down

from .pool import Pool

#: One row with a secret of 65 530 bytes fits.
MOST_BYTES: Final = 80_000
# One is expected; the second tells that there are more.
_MOST_ROWS: Final = 2
_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: nothing, or a secret, which may be empty; no repr shows it."""

    secret: str | None = field(default=None, repr=False)


class UnusableError(Exception):
    """The answer cannot be used; the text is for the log."""


Outcome: TypeAlias = Found | UnusableError | PoolerError


class Inquiry:
    """See the module's text and :class:`~pgpool_py.client.lender.Borrower`.

    ``then`` is called once, unless the inquiry is given up.
    """

    __slots__ = (
        "_done",
        "_query",
        "_replies",
        "_server",
        "_then",
        "_user",
        "limits",
        "parameters",
        "pool",
    )

    refuses_transactions: Final = False

    def __init__(
        self,
        pool: Pool,
        parameters: ParameterSet,
        query: str,
        user: str,
        then: Callable[[Outcome], None],
    ) -> None:
        self.pool = pool
        self.parameters = parameters
        self.limits = pool.settings
        self._query = query.encode("utf-8", "surrogateescape")
        self._user = user
        self._then = then
        self._replies = Collected(MOST_BYTES)
        self._server: ServerConnection | None = None
        self._done = False

    def start(self) -> None:
        """Ask for a server."""
        self.pool.request(self)

    def give_up(self) -> None:
        """Nobody wants to know any more: leave the queue, or the server."""
        if self._done:
            return
        self._done = True
        server, self._server = self._server, None
        if server is None:
            self.pool.leave(self)
        else:
            self._abandon(server)

    # What the pool says

    def on_linked(self, server: ServerConnection) -> None:
        """Send the query; see Borrower."""
        self._server = server
        name = self._user.encode("utf-8", "surrogateescape")
        data = b"".join(
            (
                Parse(b"", self._query).encode(),
                Bind(b"", b"", (), (name,), ()).encode(),
                Execute(b"", _MOST_ROWS).encode(),
                Sync().encode(),
            )
        )
        server.stream.write(written_down(data, self.pool.statements, server.ledger))

    def on_notice(self, text: str) -> None:
        """There is nobody to be told; see Borrower."""

    def on_parameters_set(self, parameters: ParameterSet) -> None:
        """See Borrower."""
        self.parameters = parameters

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """See Borrower."""
        del reason
        self._end(error)

    # What the server says

    def deliver(self, data: memoryview) -> None:
        """Keep replies, up to a limit; see Owner."""
        self._replies.add(data)

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """See Owner."""
        del altered
        return error

    def on_answered(self, server: ServerConnection) -> None:
        """Read the answer, and let the server go; see Owner."""
        self._server = None
        if server.ledger.settled:
            server.owner = None
            self.pool.give_back(server)
            self._end(self._answer())
        else:
            self._abandon(server)
            self._end(UnusableError("the query leaves a transaction open"))

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """See Owner."""
        self.deliver(data)
        self.on_answered(server)

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """See Owner: nothing is refused."""

    def on_rolled_back(self, server: ServerConnection) -> None:
        """See Owner: nothing was rolled back for it."""

    def on_copy_in(self, server: ServerConnection) -> None:
        """See Owner: no query for secrets wants data."""
        self._server = None
        self._abandon(server)
        self._end(UnusableError("the query is a COPY"))

    def on_parameter(self, name: str, value: str) -> None:
        """See Owner; the pool knows it too, and whoever comes next has it set."""

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        """See Owner: no statement is used twice."""

    def on_server_drained(self) -> None:
        """See Owner: nothing waits to be sent."""

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """See Owner."""
        self._server = None
        self._end(error or UnusableError(f"the server was closed: {reason}"))

    # End

    def _abandon(self, server: ServerConnection) -> None:
        server.owner = None
        self.pool.abandon(server, half_written=False, must_reset=True)

    def _end(self, outcome: Outcome) -> None:
        if not self._done:
            self._done = True
            self._then(outcome)

    def _answer(self) -> Outcome:
        if self._replies.overflown:
            return UnusableError(f"the answer is longer than {MOST_BYTES} bytes")
        try:
            return _read(bytes(self._replies.data), self._user)
        except ProtocolError as error:
            return UnusableError(str(error))
        except UnusableError as unusable:
            return unusable


def _read(replies: bytes, user: str) -> Found:
    """Read the one row; raises UnusableError, or ProtocolError."""
    rows: list[DataRow] = []
    for kind, body in messages(replies):
        if kind == Backend.ERROR_RESPONSE:
            raise UnusableError(
                f"PostgreSQL says: {ErrorResponse.decode(body).message}"
            )
        if kind == Backend.DATA_ROW:
            rows.append(DataRow.decode(body))
    if not rows:
        return Found()
    if len(rows) > 1:
        raise UnusableError("the query gives more than one row")
    values = rows[0].values
    if len(values) != _COLUMNS:
        raise UnusableError(
            f"the query gives {len(values)} columns, not name and secret"
        )
    name, secret = values
    if name != user.encode("utf-8", "surrogateescape"):
        raise UnusableError("the query gives the secret of another user")
    # One that is NULL, as of a password that has expired, is one that nothing fits.
    return Found("" if secret is None else secret.decode("utf-8", "surrogateescape"))


def as_told(outcome: UnusableError | PoolerError) -> PoolerError:
    """Give what a client is told that has not proved who it is: no details."""
    match outcome:
        case errors.LimitError() | errors.EndedError():
            return outcome
        case errors.ServerError():
            return errors.secrets_out_of_reach()
        case _:
            return errors.secret_not_found_out()
