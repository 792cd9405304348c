"""A client that the log tells more of: its long exchanges, and each server it is lent.

The former where ``log_min_duration`` is set, the latter at level DEBUG. A class of its
own, chosen at login, so that nobody else pays for it.
"""

import logging
import re
from collections.abc import Callable
from typing import Final, Protocol

from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import PoolSettings
from pgpool_py.sql.fingerprint import fingerprint
from pgwire.naming import KEPT_LIMIT
from pgwire.objecting import Watch
from pgwire.requests import Requests

from .extended_only import ExtendedOnlySession
from .identity import ClientIdentity
from .lender import Lender
from .repeats import Repeated
from .session import ClientSession
from .statement_text import statement_text

_log = logging.getLogger(__name__)

#: Characters of a statement that a line shows.
LONGEST_STATEMENT: Final = 1024

# What sets one is not shown as it was sent.
_PASSWORD: Final = re.compile(rb"password", re.IGNORECASE)


class ObservedSession(ClientSession):
    """See the module's text."""

    __slots__ = ("_backend", "_first", "_linked")

    def __init__(
        self,
        reactor: Reactor,
        scratch: Scratch,
        stream: Stream,
        *,
        on_closed: Callable[[ClientSession], None],
        lender: Lender,
        identity: ClientIdentity,
        parameters: ParameterSet,
        limits: PoolSettings,
        requests: Callable[[Watch], Requests] | None = None,
    ) -> None:
        super().__init__(
            reactor,
            scratch,
            stream,
            on_closed=on_closed,
            lender=lender,
            identity=identity,
            parameters=parameters,
            limits=limits,
            requests=requests,
        )
        # The beginning of its exchange, and the process that runs it; 0: there is none,
        # or it was told of.
        self._first = b""
        self._backend = 0
        self._linked: ServerConnection | None = None

    # What it sends

    def _note(self, server: ServerConnection, first: bytes) -> None:
        self._first, self._backend = first, server.pid

    def _send_alone(self, server: ServerConnection, query: bytes) -> None:
        self._link(server)
        self._note(server, query)
        super()._send_alone(server, query)

    def _forward(self, server: ServerConnection, view: memoryview, end: int) -> None:
        if not self.timing.exchange_since:
            self._note(server, bytes(view[: min(end, KEPT_LIMIT)]))
        super()._forward(server, view, end)

    def begin(self, server: ServerConnection, size: int, now: float) -> None:
        """Take note that its exchange, sent behind others, is the first now."""
        self._note(server, self.kept(size))
        super().begin(server, size, now)

    # What is answered

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """Send the answer on, and let the server go; see Owner."""
        if self._alone and not self.waiting:
            self._look()
        super().on_query_answered(server, data)
        self._look_at_link()

    def on_answered(self, server: ServerConnection) -> None:
        """Everything is answered: let the server go if the pool's mode says so."""
        self._look()
        super().on_answered(server)
        self._look_at_link()

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """Have it rolled back, and go on where that is possible; see Owner."""
        self._look()
        super().on_transaction(server, ready=ready)

    def on_left(self, server: ServerConnection) -> None:
        """Leave, too: all of its own is answered."""
        self._look()
        super().on_left(server)
        self._look_at_link()

    def answer(
        self, data: memoryview | bytes | bytearray, size: int, now: float
    ) -> None:
        """Send on the answer, or its end, and go on."""
        self._look()
        super().answer(data, size, now)
        self._look_at_link()

    def take_whole(self, data: memoryview, size: int, now: float) -> bool:
        """As answer, to what took no time."""
        self._backend = 0
        is_pending = super().take_whole(data, size, now)
        self._look_at_link()
        return is_pending

    def _look(self) -> None:
        """Tell of the exchange that is answered now, if it was long."""
        began = self.timing.exchange_since
        if not began or not self._backend:
            return
        first, backend, self._first, self._backend = self._first, self._backend, b"", 0
        spent = self._reactor.now - began
        wishes = self.identity.visitor.wishes
        least = wishes.min_duration
        long = Repeated.LONG_EXCHANGES
        if least and spent >= least and wishes.repeats.admit(long):
            shown = self._shown(first)
            _log.info(
                "duration: %.3f s (backend %d), statement: %s%s",
                *(spent, backend, shown, wishes.repeats.behind(long)),
                extra=about(
                    self,
                    duration=round(spent, 6),
                    backend_pid=backend,
                    statement=shown,
                ),
            )

    def _shown(self, first: bytes) -> str:
        """Give the statement as the log may have it; never what is bound to it."""
        text = statement_text(first, self.requests)
        if text is None:
            return "not known"
        as_sent = self.identity.visitor.wishes.statement_text
        if as_sent and not _PASSWORD.search(text):
            shown = text.decode("utf-8", "replace")
        else:
            shown = fingerprint(text).text
        more = "..." if len(shown) > LONGEST_STATEMENT else ""
        return shown[:LONGEST_STATEMENT] + more

    # Its server

    def on_linked(self, server: ServerConnection) -> None:
        """Send what is pending; see :class:`~pgpool_py.client.lender.Borrower`."""
        self._link(server)
        super().on_linked(server)

    def own(self, server: ServerConnection, size: int, data: bytearray) -> None:
        """Have the server in the middle of the exchange, like one that is linked."""
        self._link(server)
        super().own(server, size, data)

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close, with an error for the client if there is one; once."""
        super().close(reason, error)
        self._look_at_link()

    def _link(self, server: ServerConnection) -> None:
        if self._linked is not server:
            self._unlink()
            self._linked = server
            self._tell("linked to", server)

    def _look_at_link(self) -> None:
        """Tell of the server that it has no more."""
        if self.server is not self._linked:
            self._unlink()

    def _unlink(self) -> None:
        server, self._linked = self._linked, None
        if server is not None:
            self._tell("unlinked from", server)

    def _tell(self, what: str, server: ServerConnection) -> None:
        number, pid = f"0x{server.id:x}", server.pid
        extra = about(self, server=number, backend_pid=pid)
        _log.debug("%s S-%s (backend %d)", what, number, pid, extra=extra)


class ObservedExtendedOnlySession(ObservedSession, ExtendedOnlySession):
    """See the module's text."""

    __slots__ = ()


class SessionKind(Protocol):
    """Chooses the class of a client's session, at its login."""

    def __call__(self, *, extended_only: bool, observed: bool) -> type[ClientSession]:
        """Give it; see :func:`session_kind`."""


def session_kind(*, extended_only: bool, observed: bool) -> type[ClientSession]:
    """Give the class of a client's session.

    Args:
        extended_only: whether ``disable_pqexec`` is set.
        observed: whether the log has more of it than its beginning and its end.
    """
    if observed:
        return ObservedExtendedOnlySession if extended_only else ObservedSession
    return ExtendedOnlySession if extended_only else ClientSession
