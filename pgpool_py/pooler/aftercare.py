"""Bringing a server back to a state in which anybody may have it.

    given back ──► cancel still on its way? ──► reset? ──► shelved
    abandoned  ──► answered within the grace? ──► as if given back
               └─► cancel ──► drain ──► as if given back

``shelve`` is called with a server that owes nothing, is outside any transaction, and
holds no session state but its parameters.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from pgpool_py.reasons import Reason
from pgpool_py.server.cancel import ServerCancel
from pgpool_py.server.clearing import drain, resynchronise, roll_back
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.parameters import UNSETTABLE
from pgpool_py.server.state import ServerState
from pgpool_py.settings import PoolMode, PoolSettings, SessionStatePolicy
from pgpool_py.statistics import Tallies
from pgwire.diagnostics import ErrorResponse
from pgwire.draining import skip_request
from pgwire.exchange import EXECUTE, QUERY
from pgwire.frontend import Query
from pgwire.startup import CancelRequest

from .context import Context

_EMPTY_QUERY: Final = Query(b"").encode()
_DISCARD_ALL: Final = "DISCARD ALL"


class Aftercare:
    """Looks after the servers of one pool when their clients are done with them.

    Attributes:
        settings: in force.
        resets: whether every server is reset when it comes back.
        cancels: the CancelRequests on their way, with the server of each.
    """

    __slots__ = (
        "_context",
        "_drain_after",
        "_shelve",
        "_tallies",
        "cancels",
        "resets",
        "settings",
    )

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        tallies: Tallies,
        shelve: Callable[[ServerConnection], None],
    ) -> None:
        self._context = context
        self._shelve = shelve
        self._tallies = tallies
        self._drain_after: set[ServerConnection] = set()
        self.settings = settings
        self.resets = resets(settings)
        self.cancels: dict[ServerCancel, ServerConnection] = {}

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings."""
        self.settings = settings
        self.resets = resets(settings)

    # From the client's hands

    def give_back(self, server: ServerConnection) -> None:
        """Take a server that owes nothing; its client may want another one later."""
        if server.cancels:
            self._change(server, ServerState.BEING_CANCELED)
        elif server.may_be_hit and not server.close_needed:
            self._settle(server)
        elif server.must_reset or self.resets:
            self._reset(server)
        else:
            self._shelve(server)

    def abandon(self, server: ServerConnection, *, half_written: bool) -> None:
        """Take a server in whatever state its client left it."""
        if server.closed:
            return
        if half_written:
            server.close(Reason.CLIENT_GONE_UNSENT)
            return
        if server.stream.paused:
            server.stream.resume()
        ledger = server.ledger
        self._change(server, ServerState.ABANDONED)
        if server.on_errand:
            # Its end finds that nobody waits for the server any more.
            return
        if ledger.settled:
            self.give_back(server)
        elif ledger.answered or ledger.reads_copy_data or ledger.uncertain:
            self._drain(server)
        else:
            server.deadline = (
                self._context.reactor.now + self._context.settings.client_gone_grace
            )

    def on_abandoned_answered(self, server: ServerConnection) -> None:
        """Go on: what a vanished client had begun is answered."""
        if server in self._drain_after:
            return
        if server.ledger.settled:
            self.give_back(server)
        else:
            self._drain(server)

    # Drain

    def check_grace(self, server: ServerConnection, now: float) -> None:
        """Cancel what a vanished client left running, once its grace is over."""
        left = server.state is ServerState.ABANDONED and not server.on_errand
        if left and now >= server.deadline and server not in self._drain_after:
            self.cancel(server)
            self._drain(server)

    def _drain(self, server: ServerConnection) -> None:
        if server.cancels:
            # Not before the cancel has arrived: it could hit the drain instead.
            self._drain_after.add(server)
            return
        self._change(server, ServerState.TESTED)
        limit = self._context.settings.server_drain_timeout
        drain(server, Errand(self._drained, limit, Reason.DRAIN_TIMEOUT))

    def _drained(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        del error  # Whatever was cancelled or rolled back may have answered one.
        self.give_back(server)

    # Rollback

    def roll_back(self, server: ServerConnection) -> None:
        """End the transaction of a client that stays, then tell it."""
        if server.stream.paused:
            server.stream.resume()
        limit = self._context.settings.server_drain_timeout
        errand = Errand(self._rolled_back, limit, Reason.DRAIN_TIMEOUT)
        roll_back(server, errand)

    def _rolled_back(
        self, server: ServerConnection, error: ErrorResponse | None
    ) -> None:
        if error is not None or not server.ledger.settled:
            server.close(Reason.UNCLEAN_SERVER)
        elif server.owner is None:
            self.on_abandoned_answered(server)
        else:
            server.owner.on_rolled_back(server)

    # Reset

    def _reset(self, server: ServerConnection) -> None:
        query = self.settings.server_reset_query
        if server.must_reset and self.settings.pool_mode is not PoolMode.SESSION:
            # What was left is not the configuration's to say, and only this is known to
            # take it all away.
            query = _DISCARD_ALL
        if server.must_close or (server.must_reset and not query):
            server.close(Reason.UNCLEAN_SERVER)
            return
        if not query:
            self._shelve(server)
            return
        self._change(server, ServerState.TESTED)
        limit = self._context.settings.server_drain_timeout
        resets_all = query.strip().upper() == _DISCARD_ALL
        server.run(
            Errand(partial(self._was_reset, resets_all), limit, Reason.RESET_FAILED),
            Query(query.encode("utf-8", "surrogateescape")).encode(),
            QUERY,
        )

    def _was_reset(
        self, resets_all: bool, server: ServerConnection, error: ErrorResponse | None
    ) -> None:
        if error is not None or not server.ledger.settled:
            server.close(Reason.RESET_FAILED)
            return
        reported = {
            name: value
            for name, value in server.parameters.values.items()
            if name in server.reported and name not in UNSETTABLE
        }
        if len(reported) != len(server.parameters.values):
            # Parameters that are not reported: only DISCARD ALL is known to reset
            # them all.
            if not resets_all:
                server.close(Reason.UNCLEAN_SERVER)
                return
            server.parameters = self._context.book.of(reported)
        server.must_reset = False
        server.ledger.notifies = notifies(self.settings)
        self._shelve(server)

    # Cancel

    def cancel(self, server: ServerConnection) -> bool:
        """Send a CancelRequest for what runs on a server; False if it gave no key."""
        if not server.cancel_key:
            return False
        if server.cancels:
            # Nothing new is sent meanwhile: it is the same that would be cancelled.
            return True
        self._tallies.cancels += 1
        server.cancels += 1
        server.may_be_hit = True
        request = CancelRequest(server.pid, server.cancel_key)
        cancel = ServerCancel(
            self._context.reactor,
            self._context.tcp_options,
            server.peer,
            request,
            self._on_cancelled,
            tls=self._context.encryption.for_cancel(server.stream, server.host),
        )
        self.cancels[cancel] = server
        return True

    def _on_cancelled(self, cancel: ServerCancel, taken: bool) -> None:
        server = self.cancels.pop(cancel)
        server.cancels -= 1
        if server.closed:
            return
        if not taken:
            # It may arrive at any time, or never: nobody else may have this server.
            server.close_needed = True
        if server.cancels:
            return
        if server in self._drain_after:
            self._drain_after.discard(server)
            self._drain(server)
        elif server.state is ServerState.BEING_CANCELED:
            self.give_back(server)
        elif server.owner is not None:
            if server.ledger.resynchronisable:
                server.owner.on_answered(server)
            else:
                server.owner.on_linked(server)

    def stop(self) -> None:
        """Give up all CancelRequests."""
        for cancel in list(self.cancels):
            cancel.give_up()

    def check_cancels(self, now: float) -> None:
        """Give up CancelRequests after ``cancel_wait_timeout``."""
        for cancel in list(self.cancels):
            cancel.check_deadline(now, self._context.settings.cancel_wait_timeout)

    def _settle(self, server: ServerConnection) -> None:
        """Let a cancel that was sent hit, if it still can, before anyone is lent."""
        self._change(server, ServerState.BEING_CANCELED)
        limit = self._context.settings.server_drain_timeout
        errand = Errand(self._settled, limit, Reason.CANCEL_FAILED)
        server.run(errand, _EMPTY_QUERY, QUERY)

    def _settled(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        del error  # The cancel may have hit our own query: that is what it is for.
        self.give_back(server)

    # Uncertainty

    def resynchronise(self, server: ServerConnection) -> None:
        """Find out what a server owes, then tell its owner."""
        limit = self._context.settings.server_drain_timeout
        errand = Errand(self._resynchronised, limit, Reason.DRAIN_TIMEOUT)
        resynchronise(server, errand)

    def _resynchronised(
        self, server: ServerConnection, error: ErrorResponse | None
    ) -> None:
        if error is not None:
            server.close(Reason.UNCLEAN_SERVER)
        elif server.owner is None:
            self.on_abandoned_answered(server)
        elif server.ledger.lost_skip:
            limit = self._context.settings.server_drain_timeout
            errand = Errand(self._skips, limit, Reason.DRAIN_TIMEOUT)
            server.run(errand, skip_request(), EXECUTE)
        else:
            server.owner.on_answered(server)

    def _skips(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        """Go on with what is thrown away, of a client that knows."""
        if error is None or not server.ledger.skips_to_sync:
            server.close(Reason.UNCLEAN_SERVER)
        elif server.owner is None:
            self.on_abandoned_answered(server)
        else:
            server.owner.on_answered(server)

    def forget(self, server: ServerConnection) -> None:
        """Strike out a server that was closed."""
        self._drain_after.discard(server)

    def _change(self, server: ServerConnection, state: ServerState) -> None:
        if server.state is not state:
            server.state = state
            server.since = self._context.reactor.now


def resets(settings: PoolSettings) -> bool:
    """Tell whether every server is reset when it comes back."""
    return settings.pool_mode is PoolMode.SESSION or settings.server_reset_query_always


def notifies(settings: PoolSettings) -> bool:
    """Tell whether clients get notifications from the servers that they are lent.

    Elsewhere one server listens for all of them: what another one is notified of, a
    client has asked for where it could not be seen, and perhaps one that is gone.
    """
    ignored = settings.session_state is SessionStatePolicy.IGNORE
    return settings.pool_mode is PoolMode.SESSION or ignored
