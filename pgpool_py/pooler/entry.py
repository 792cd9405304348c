"""A client between its authentication and its session: it waits for the welcome."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pgpool_py.client.door import AtDoor, Visitor
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.session import ClientSession
from pgpool_py.client.telling import noticed
from pgpool_py.client.unserved import READY_IDLE
from pgpool_py.errors import PoolerError
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.parameters import PATH, makes_temporary
from pgpool_py.settings import PoolSettings, SessionStatePolicy
from pgpool_py.statistics import Tallies
from pgwire.backend import BackendKeyData
from pgwire.framing import LARGE_MESSAGE_LIMIT, lengths_up_to
from pgwire.guarded import GuardedRequests, GuardedWatchedRequests
from pgwire.objecting import Watch
from pgwire.requests import Requests
from pgwire.watched import WatchedRequests

from .context import Context
from .limits import Census, Place
from .pool import Pool
from .proof import Proof

_log = logging.getLogger(__name__)

# What PostgreSQL takes, with the type byte.
LONGEST_MESSAGE = LARGE_MESSAGE_LIMIT + 1


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class Wishes:
    """What a client asked for in its startup packet.

    Attributes:
        parameters: those that are kept for it, with its values.
        protocol_minor: the x of protocol 3.x that is spoken with it.
    """

    database: Final[str]
    user: Final[str]
    parameters: Final[Mapping[str, str]] = field(default_factory=dict)
    protocol_minor: Final[int] = 0


def with_host(asked: Mapping[str, str], visitor: Visitor) -> dict[str, str]:
    """Put where a client comes from behind the application's name, as PgBouncer does.

    ``asked`` holds the parameters that it asked for, names in lower case.
    """
    name = asked.get("application_name", "app")
    shown = f"{name} - {visitor.address}:{visitor.port}"
    return {**asked, "application_name": shown}


def learn(pool: Pool, user: str, proof: Proof) -> None:
    """Let a pool log in with what its client has shown, if it is the same user."""
    if pool.user == user:
        credentials = proof.credentials
        if credentials is not None:
            pool.staffing.learn(credentials)


def identify(
    context: Context, arrival: AtDoor, wishes: Wishes, tallies: Tallies
) -> ClientIdentity:
    """Give a client its process id and its cancel key; ``tallies`` count it."""
    visitor, settings = arrival.visitor, context.settings
    pid, key = context.keys.new(visitor.number, wishes.protocol_minor, settings.peer_id)
    return ClientIdentity(
        visitor,
        wishes.database,
        wishes.user,
        pid,
        key,
        arrival.encryption,
        tallies,
        wishes.parameters.get("application_name", ""),
    )


def count_login(pool: Pool, visitor: Visitor, now: float) -> None:
    """Count that a client is in, and how long that took."""
    pool.counters.client_login_count += 1
    pool.counters.tallies.logins.observe(now - visitor.accepted)


def welcome(identity: ClientIdentity, reported: bytes, notice_text: str) -> bytes:
    """Give what PostgreSQL says after a login; ``notice_text`` too, if there is any."""
    notice = noticed(notice_text) if notice_text else b""
    key = BackendKeyData.of(identity.pid, identity.cancel_key)
    return b"".join((reported, key, notice, READY_IDLE))


class ClientEntry:
    """Leads one client into its pool."""

    __slots__ = (
        "_arrival",
        "_context",
        "_last",
        "_limits",
        "_on_closed",
        "_place",
        "_pool",
        "_stream",
        "_then",
        "_waits_for",
        "_wishes",
        "proof",
    )

    def __init__(
        self,
        context: Context,
        arrival: AtDoor,
        wishes: Wishes,
        *,
        proof: Proof,
        pool: Callable[[str, str], Pool],
        limits: Callable[[str, str], PoolSettings],
        census: Census,
        on_closed: Callable[[ClientSession], None],
        then: Callable[[ClientSession], None],
    ) -> None:
        self._context = context
        self._arrival = arrival
        self._wishes = wishes
        self._pool = pool
        self._limits = limits
        self._place = Place(census, limits, wishes.database, wishes.user)
        self._on_closed = on_closed
        self._then = then
        self._stream: Stream | None = None
        self._last = b""
        self._waits_for: Pool | None = None
        self.proof = proof

    def enter(self, stream: Stream, last: bytes) -> None:
        """Take a place, and ask the pool what its servers are like; see Entry."""
        wishes = self._wishes
        try:
            pool = self._pool(wishes.database, wishes.user)
            self._place.take()
        except PoolerError as error:
            stream.gather(last)
            self._arrival.refuse(Reason.LOGIN_FAILED, error)
            return
        self._stream = stream
        self._last = last
        self._waits_for = pool
        learn(pool, wishes.user, self.proof)
        pool.greet(self)
        if self._stream is not None:
            self._tell_last(stream)

    def _tell_last(self, stream: Stream) -> None:
        last, self._last = self._last, b""
        stream.gather(last)

    def leave(self) -> None:
        """Give the place back, and wait no more; see Entry."""
        self._stream = None
        self._place.give_back()
        # The pool itself, not another of its name: that may be gone by now.
        if self._waits_for is not None:
            self._waits_for.forget_guest(self)

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """Pass on that there is no server; see Guest."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._tell_last(stream)
        self._arrival.refuse(reason, error)

    def on_welcome(self, pool: Pool) -> None:
        """Become a session; see Guest."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        context, tallies = self._context, pool.counters.tallies
        identity = identify(context, self._arrival, self._wishes, tallies)
        notice = context.settings.login_notify_message
        reported = pool.staffing.greeting.to(self._wishes.parameters)
        # Before anything else is done: the client need not wait for that.
        stream.write(self._last + welcome(identity, reported, notice))
        session = self._session(pool, stream, identity)
        if PATH in self._wishes.parameters:
            session.look_at_path()
        self._arrival.arrived()
        # It is the session's from now on.
        self._place.hand_over()
        count_login(pool, self._arrival.visitor, context.reactor.now)
        self._then(session)

    def _session(
        self, pool: Pool, stream: Stream, identity: ClientIdentity
    ) -> ClientSession:
        context, wishes = self._context, self._wishes
        limits = self._limits(wishes.database, wishes.user)
        settings = context.settings
        kind = context.session_kind(
            extended_only=settings.disable_pqexec,
            observed=settings.log_min_duration > 0 or _log.isEnabledFor(logging.DEBUG),
        )
        return kind(
            context.reactor,
            context.scratch,
            stream,
            on_closed=self._on_closed,
            lender=pool,
            identity=identity,
            parameters=pool.staffing.differing(self._wishes.parameters),
            limits=limits,
            requests=partial(self._requests, pool, limits),
        )

    def _requests(self, pool: Pool, limits: PoolSettings, watch: Watch) -> Requests:
        context, settings = self._context, self._context.settings
        book, limit = pool.statements, settings.max_packet_size
        # One that creates what is temporary keeps its server from the start.
        keeps = makes_temporary(self._wishes.parameters)
        longest_query = 0 if settings.disable_pqexec or keeps else limit
        free = limit >= LONGEST_MESSAGE and not (settings.disable_pqexec or keeps)
        if limits.session_state is SessionStatePolicy.IGNORE:
            if free:
                return Requests(book)
            return GuardedRequests(book, lengths_up_to(limit), longest_query)
        if free:
            return WatchedRequests(book, context.classify, watch)
        return GuardedWatchedRequests(
            book, context.classify, watch, lengths_up_to(limit), longest_query
        )
