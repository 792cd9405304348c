"""Who comes in: accepted sockets, logins in progress, limits, cancel requests."""

import errno
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final, Protocol

from pgpool_py import errors
from pgpool_py.client.arrival import Arrival
from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.client.door import AtDoor, Entry, Visitor, claims
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.replication import (
    Replication,
    passed_parameters,
    replication_of,
)
from pgpool_py.client.session import ClientSession
from pgpool_py.client.startup_options import asked_parameters
from pgpool_py.log import about
from pgpool_py.net import peer, socket_options
from pgpool_py.net.address import Address, IpAddress
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolSettings, SessionStatePolicy
from pgwire.startup import CancelRequest, StartupMessage

from .admission import Admission, visit_of
from .console_access import CONSOLE_DATABASE, Access, access
from .console_entry import ConsoleEntry
from .context import Context
from .entry import ClientEntry, Wishes, identify, with_host
from .inquiries import Inquiries
from .limits import Census
from .pace import Pace
from .peering import Peering
from .pool import Pool
from .proof import Proof, Unasked
from .replication import Replications
from .replication_entry import ReplicationEntry

_log = logging.getLogger(__name__)

# Of protocol 3; keys that name a peer have the size of 3.0.
NEWEST_MINOR: Final = 2
NEWEST_MINOR_OF_PEERS: Final = 0
# Bytes; PgBouncer's MAX_USERNAME without its end. PostgreSQL's own limit is 63.
LONGEST_USER: Final = 127


class ConsoleClient(Protocol):
    """A console session, as far as the gatehouse cares."""

    def cancel(self) -> None:
        """Stop waiting for what the last command waits for."""

    def close(self, reason: Reason) -> None:
        """End the session."""


class Console(Protocol):
    """Opens console sessions; given from above."""

    def __call__(
        self,
        stream: Stream,
        identity: ClientIdentity,
        *,
        admin: bool,
        on_closed: Callable[[], None],
    ) -> ConsoleClient:
        """Take the stream over, the login done, and greet the client."""


class House(Protocol):
    """What the gatehouse needs of the pooler."""

    def pool_for(self, database: str, user: str) -> Pool:
        """Give the pool for this client; PoolerError if there can be none."""

    def pool_of(self, database: str, user: str) -> Pool:
        """Give the pool whose servers log in as this user; LoginError if none."""

    def limits_for(self, database: str, user: str) -> PoolSettings:
        """Give the limits of this user's clients; KeyError if no such database."""

    def check_open(self, database: str, user: str) -> PoolSettings | None:
        """Give what holds in this database, if there is one; PoolerError if full."""


class Loop(Protocol):
    """What calls later."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> object:
        """Call after so many seconds."""

    def time(self) -> float:
        """Give the time in seconds."""


class Gatehouse:
    """See the module's text.

    Attributes:
        arrivals: who logs in, in the order of acceptance.
        sessions: who is in, by process id.
        consoles: console sessions, by process id.
        replications: clients with a server of their own.
        peering: cancel requests for clients of other processes.
        census: counts the clients that are in, or have proved who they are.
        scratch: see Door.
    """

    def __init__(
        self, context: Context, house: House, console: Console, loop: Loop
    ) -> None:
        self._context = context
        self._house = house
        self._console = console
        self.admission = Admission(
            context, Inquiries(context, house), Pace(loop.call_later, loop.time)
        )
        self.census = Census()
        self.scratch = context.scratch
        self.arrivals: dict[AtDoor, None] = {}
        self.sessions: dict[int, ClientSession] = {}
        self.consoles: dict[int, ConsoleClient] = {}
        self.replications = Replications(context, self.census)
        self.peering = Peering(context)

    @property
    def connected(self) -> int:
        """Count all who are in or on their way, but for the console."""
        replicating = len(self.replications.privates)
        return len(self.sessions) + replicating + len(self.arrivals)

    def renew_limits(self) -> None:
        """Have sessions keep to what holds for their users now."""
        for session in self.sessions.values():
            who = session.identity
            session.limits = self._house.limits_for(who.database, who.user)

    def reconfigure(self) -> None:
        """Follow what was read again, with those who log in just now as well."""
        self.admission.forget()
        self.peering.reconfigure()
        for arrival in list(self.arrivals):
            arrival.reconsider()

    # Arrivals

    @property
    def tls(self) -> ssl.SSLContext | None:
        """See Door."""
        return self._context.encryption.clients

    @property
    def requires_tls(self) -> bool:
        """See Door."""
        return self._context.encryption.requires_tls

    def accept(
        self, accepted: socket.socket, other: Address, own: IpAddress | None = None
    ) -> None:
        """Begin with a client's socket, fresh from ``accept``; see OnAccept."""
        try:
            visitor = self._visitor(accepted, other, own)
            options = self._context.tcp_options
            if options.own and not visitor.is_local:
                socket_options.complete(accepted, options)
        except OSError as error:
            # Mostly gone already: such a socket has no name of its other side.
            if error.errno != errno.ENOTCONN:
                _log.warning("a client is turned away: %s", error.strerror)
            accepted.close()
            return
        arrival = Arrival(self, visitor)
        self.arrivals[arrival] = None
        arrival.begin(Stream(self._context.reactor, accepted, arrival))

    def _visitor(
        self, accepted: socket.socket, other: Address, own: IpAddress | None
    ) -> Visitor:
        context = self._context
        port = context.settings.listen_port
        address = local = "unix"
        client_port = local_port = port
        uid = None
        if isinstance(other, tuple):
            address, client_port = other[:2]
            local, local_port = (own or accepted.getsockname())[:2]
        else:
            uid = peer.user_of(accepted)
        # Without names, which cost more than all else of it.
        return Visitor(
            next(context.numbers),
            address,
            client_port,
            local,
            local_port,
            context.reactor.now,
            time.time(),
            uid,
            context.log_wishes,
            context.tallies,
        )

    @property
    def newest_minor(self) -> int:
        """Give the newest minor that is spoken; see Door."""
        return NEWEST_MINOR_OF_PEERS if self._context.settings.peer_id else NEWEST_MINOR

    def _minor_of(self, startup: StartupMessage) -> int:
        """Give the minor that this client was told, at the same time."""
        return min(startup.protocol_minor, self.newest_minor)

    def open(self, arrival: AtDoor, startup: StartupMessage) -> Entry:
        """Decide how a visitor has to prove itself; see Door."""
        settings = self._context.settings
        database, user = startup.database, startup.user
        kind = replication_of(startup.parameters)
        if settings.log_connections:
            _log_attempt(arrival, startup, kind)
        if len(user.encode("utf-8", "surrogateescape")) > LONGEST_USER:
            raise errors.username_too_long(LONGEST_USER)
        if database == CONSOLE_DATABASE:
            return self._to_console(arrival, startup)
        proof = self._proof(arrival, startup, kind)
        limits = self._house.check_open(database, user)
        if kind is not Replication.NONE:
            if settings.disable_pqexec:
                # A WAL sender's commands are simple queries, all of them.
                raise errors.pqexec_disallowed(errors.Severity.FATAL)
            return self._replicate(arrival, startup, kind, proof)
        policy = settings.session_state if limits is None else limits.session_state
        asked = asked_parameters(
            startup.parameters,
            settings.track_extra_parameters,
            settings.ignore_startup_parameters,
            any_name=policy is not SessionStatePolicy.IGNORE,
        )
        if settings.application_name_add_host:
            asked = with_host(asked, arrival.visitor)
        return ClientEntry(
            self._context,
            arrival,
            Wishes(database, user, asked, self._minor_of(startup)),
            proof=proof,
            pool=self._house.pool_for,
            limits=self._house.limits_for,
            census=self.census,
            on_closed=self.on_client_closed,
            then=self._on_session,
        )

    def _proof(
        self, arrival: AtDoor, startup: StartupMessage, kind: Replication
    ) -> Proof:
        physical = kind is Replication.PHYSICAL
        user, database = startup.user, startup.database
        visit = visit_of(arrival, user, database, physical=physical)
        return Proof(self._context, self.admission, arrival, visit)

    def _replicate(
        self,
        arrival: AtDoor,
        startup: StartupMessage,
        kind: Replication,
        proof: Proof,
    ) -> Entry:
        ignored = self._context.settings.ignore_startup_parameters
        passed = passed_parameters(startup.parameters, ignored)
        database, user = startup.database, startup.user
        return ReplicationEntry(
            self._context,
            arrival,
            Wishes(database, user, passed, self._minor_of(startup)),
            kind,
            proof=proof,
            pool=self._house.pool_for,
            limits=self._house.limits_for,
            census=self.census,
            book=self.replications,
        )

    def on_gone(self, arrival: AtDoor) -> None:
        """Strike out a visitor; see Door."""
        self.arrivals.pop(arrival, None)
        self.admission.pace.leave(arrival)

    def take_turn(self, arrival: AtDoor, work: Callable[[], None]) -> None:
        """Do slow work when its turn has come; see Door."""
        self.admission.pace.run(arrival, work)

    def refuse_late(self, now: float) -> None:
        """Close visitors that log in for longer than ``client_login_timeout``."""
        self.admission.inquiries.maintain(now)
        limit = self._context.settings.client_login_timeout
        for arrival in list(self.arrivals) if limit else []:
            if now - arrival.visitor.accepted < limit:
                return
            error = errors.client_login_timeout(limit, server_down=arrival.entering)
            reason = (
                Reason.CLIENT_LOGIN_TIMEOUT_SERVER_DOWN
                if arrival.entering
                else Reason.CLIENT_LOGIN_TIMEOUT
            )
            arrival.refuse(reason, error)

    # Sessions

    def _on_session(self, session: ClientSession) -> None:
        identity = session.identity
        self.sessions[identity.pid] = session
        self._context.keys.add(identity)

    def on_client_closed(self, client: ClientSession) -> None:
        """Strike out a session; called once for each."""
        identity = client.identity
        del self.sessions[identity.pid]
        self._context.keys.remove(identity)
        self.census.remove(identity.database, identity.user)

    def cancel(self, request: CancelRequest, stream: Stream, visitor: Visitor) -> bool:
        """Pass a cancel request on; one with a wrong key is dropped, and logged.

        See Door.
        """
        in_group = bool(self._context.settings.peer_id)
        if not self._context.keys.fits(request, in_group=in_group):
            return self.peering.forward(request, stream, visitor)
        client = self.sessions.get(request.pid)
        console = self.consoles.get(request.pid)
        if client is not None:
            cancel_exchange(client)
        elif console is not None:
            console.cancel()
        else:
            self.replications.cancel(request.pid)
        return False

    # Console

    def _to_console(self, arrival: AtDoor, startup: StartupMessage) -> Entry:
        user, uid = startup.user, arrival.visitor.uid
        parameters, minor = dict(startup.parameters), self._minor_of(startup)
        wishes = Wishes(startup.database, user, parameters, minor)

        def judge() -> Access:
            return access(self._context.settings, user, uid)

        if judge().owner:
            _log.info("pgbouncer access from unix socket", extra=about(arrival))
            return ConsoleEntry(
                self, arrival, wishes, Unasked(self.admission.unasked(user)), judge
            )
        proof = self._proof(arrival, startup, Replication.NONE)
        return ConsoleEntry(self, arrival, wishes, proof, judge)

    def open_console(
        self, arrival: AtDoor, wishes: Wishes, stream: Stream, *, admin: bool
    ) -> None:
        """Hand a client that has proved itself to the console."""
        context = self._context
        identity = identify(context, arrival, wishes, context.tallies)
        arrival.arrived()
        context.keys.add(identity)
        self.consoles[identity.pid] = self._console(
            stream,
            identity,
            admin=admin,
            on_closed=lambda: self._on_console_closed(identity),
        )

    def _on_console_closed(self, identity: ClientIdentity) -> None:
        self.consoles.pop(identity.pid, None)
        self._context.keys.remove(identity)


def _log_attempt(arrival: AtDoor, startup: StartupMessage, kind: Replication) -> None:
    _log.info(
        "login attempt: db=%s user=%s tls=%s replication=%s",
        startup.database,
        startup.user,
        arrival.encryption or "no",
        kind.asked_as,
        extra=about(arrival.visitor, **claims(startup)),
    )
