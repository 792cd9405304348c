"""Making a server ready for the client that it is lent to.

    checked (after long idleness) ──► parameters set (where they differ) ──► linked

Until it is linked not a byte of the client's was sent: if the server dies, another one
will do. If the client leaves meanwhile, what was begun goes on for nobody.
"""

import math
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from pgpool_py import errors
from pgpool_py.client.lender import Borrower
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.having import have
from pgpool_py.server.parameters import AWAITED, Change, ParameterSet, changes
from pgpool_py.server.replay import replay
from pgpool_py.server.state import ServerState
from pgpool_py.settings import PoolSettings
from pgpool_py.statistics import BOUNDS, Counters
from pgwire.diagnostics import ErrorResponse
from pgwire.exchange import QUERY
from pgwire.frontend import Query

from .context import Context

# How many accepted values of parameters a pool remembers.
MOST_ACCEPTED: Final = 1000
# A longer one is awaited each time.
LONGEST_ACCEPTED: Final = 1000

# SQLSTATEs of statements that were cancelled, or had no time ("Operator Intervention").
_INTERVENED: Final = "57"

# Messages, and their ledger entries.
Replay = tuple[bytes, tuple[int, ...]]
Then = Callable[[ServerConnection, ErrorResponse | None], None]


class Linking:
    """Links the servers of one pool to clients.

    Attributes:
        settings: in force.
    """

    __slots__ = (
        "_accepted",
        "_check_delay",
        "_context",
        "_counters",
        "_defaults",
        "_give_back",
        "_preparing",
        "_reactor",
        "_waits",
        "settings",
    )

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        *,
        counters: Counters,
        defaults: Mapping[str, str],
        give_back: Callable[[ServerConnection], None],
    ) -> None:
        self._context = context
        self._reactor = context.reactor
        self._counters = counters
        self._waits = counters.tallies.waits
        self._defaults = defaults
        self._give_back = give_back
        self._preparing: dict[ServerConnection, tuple[Borrower, float]] = {}
        # In the order of their use, the oldest first.
        self._accepted: OrderedDict[Change, None] = OrderedDict()
        self.reconfigure(settings)

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings."""
        self.settings = settings
        self._check_delay = check_delay(settings)

    # Clients

    def _lend(self, server: ServerConnection, client: Borrower) -> None:
        """Make the client the owner of the server, without telling it."""
        server.owner = client
        server.state = ServerState.ACTIVE
        server.since = self._reactor.now
        self._counters.server_assignment_count += 1

    def begin(self, server: ServerConnection, client: Borrower, since: float) -> None:
        """Lend a server, and tell the client once it is ready.

        ``since`` is when the client began to wait.
        """
        now = self._reactor.now
        stale = now - server.since >= self._check_delay
        self._lend(server, client)
        waited = now - since
        self._counters.wait_time += waited
        # As observe, without a call: where servers are few, nearly all come this way.
        waits = self._waits
        waits.counts[bisect_left(BOUNDS, waited)] += 1
        waits.total += waited
        if stale:
            self._preparing[server] = (client, since)
            self._check(server)
        elif client.parameters is server.parameters:
            client.on_linked(server)
        else:
            self._preparing[server] = (client, since)
            self._set_parameters(server)

    def prepares(self, server: ServerConnection) -> bool:
        """Tell whether this server is being made ready for its client."""
        return server in self._preparing

    def leave(self, client: Borrower) -> None:
        """Take a client off the server that is made ready for it."""
        for server, (borrower, _) in self._preparing.items():
            if borrower is client:
                server.owner = None

    def forget(self, server: ServerConnection) -> tuple[Borrower, float] | None:
        """Strike a server out that was closed; give who waited for it, since when."""
        return self._preparing.pop(server, None)

    # The check

    def _check(self, server: ServerConnection) -> None:
        query = self.settings.server_check_query
        text = b"" if query == "<empty>" else query.encode("utf-8", "surrogateescape")
        limit = self._context.settings.server_drain_timeout
        errand = Errand(self._checked, limit, Reason.CHECK_FAILED)
        server.run(errand, Query(text).encode(), QUERY)

    def _checked(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        if error is not None or not server.ledger.settled:
            server.close(Reason.CHECK_FAILED)
        elif server.owner is None:
            self._preparing.pop(server, None)
            self._give_back(server)
        else:
            self._set_parameters(server)

    # The parameters

    def restore(self, server: ServerConnection, client: Borrower) -> None:
        """Set the parameters of a client that keeps its server; then tell it."""
        target = client.parameters

        def restored(server: ServerConnection, error: ErrorResponse | None) -> None:
            if server.owner is None:
                self._give_back(server)
            elif error is not None:
                client.on_refused(
                    errors.server_refused(error), Reason.INVALID_SERVER_PARAMETER
                )
            else:
                have(server, target)
                client.on_linked(server)

        self._await(server, replay(self._differing(server, client)), restored)

    def _await(self, server: ServerConnection, sent: Replay, then: Then) -> None:
        """Have parameters set, and nothing sent before that is answered."""
        data, entries = sent
        limit = self._context.settings.server_drain_timeout
        errand = Errand(then, limit, Reason.INVALID_SERVER_PARAMETER)
        server.run(errand, data, *entries)

    def _differing(self, server: ServerConnection, client: Borrower) -> list[Change]:
        """Say what has to be set on a server for a client."""
        # Not the server's own default: connect_query may have set another.
        return [
            (name, self._defaults.get(name) if value is None else value)
            for name, value in changes(server.parameters, client.parameters)
        ]

    def _set_parameters(self, server: ServerConnection) -> None:
        client, _ = self._preparing[server]
        target = client.parameters
        wanted = self._differing(server, client)
        if not wanted:
            self._linked(server)
            return
        data, entries = replay(wanted)
        if not target.strikes and all(map(self._is_accepted, wanted)):
            # In the same write as the client's own messages.
            server.ledger.skip(*entries)
            server.stream.gather(data)
            have(server, target)
            self._linked(server)
            return
        self._await(
            server,
            (data, entries),
            lambda server, error: self._were_set(server, error, wanted, target),
        )

    def _is_accepted(self, change: Change) -> bool:
        return change in self._accepted and change[0] not in AWAITED

    def _were_set(
        self,
        server: ServerConnection,
        error: ErrorResponse | None,
        wanted: list[Change],
        target: ParameterSet,
    ) -> None:
        if error is not None and error.sqlstate.startswith(_INTERVENED):
            # That says nothing of the values: another server will do.
            server.close(Reason.PARAMETERS_NOT_SET)
            return
        client, _ = self._preparing.pop(server)
        if error is not None:
            self._were_refused(server, client, error)
            return
        for change in wanted:
            self._remember(change)
        # A reported value is the server's spelling of what was asked for.
        values = dict(target.values)
        for name, value in wanted:
            if value is not None and name in server.reported:
                values[name] = server.reported[name]
        for name, default in self._defaults.items():
            if values.get(name) == default:
                del values[name]
        have(server, self._context.book.of(values))
        if server.owner is None:
            self._give_back(server)
        else:
            client.on_parameters_set(server.parameters)
            client.on_linked(server)

    def _remember(self, change: Change) -> None:
        if change[1] is not None and len(change[1]) > LONGEST_ACCEPTED:
            return
        self._accepted[change] = None
        if len(self._accepted) > MOST_ACCEPTED:
            self._accepted.popitem(last=False)

    def _were_refused(
        self, server: ServerConnection, client: Borrower, error: ErrorResponse
    ) -> None:
        # One transaction: none was set, the server is as it was.
        gone = server.owner is None
        server.owner = None
        self._give_back(server)
        if not gone:
            client.on_refused(
                errors.server_refused(error), Reason.INVALID_SERVER_PARAMETER
            )

    def _linked(self, server: ServerConnection) -> None:
        client, _ = self._preparing.pop(server)
        client.on_linked(server)


def check_delay(settings: PoolSettings) -> float:
    """Give the seconds of idleness after which a server is checked, or infinite."""
    return settings.server_check_delay if settings.server_check_query else math.inf
