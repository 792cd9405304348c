"""A client that wants to replicate, between its authentication and its relay.

A server is opened for it, with the parameters that it asked for itself; what that
server reports is its welcome.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pgpool_py import errors
from pgpool_py.client.door import AtDoor
from pgpool_py.client.relay import Relay
from pgpool_py.client.replication import Replication
from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.net.stream import Stream
from pgpool_py.pool.hosts import Turn
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import Destination, Opened, Opening, OpeningFailed
from pgpool_py.settings import PoolSettings
from pgwire.errors import LocalProtocolError
from pgwire.startup import StartupMessage

from .context import Context
from .entry import Wishes, count_login, identify, learn, welcome
from .greeting import Greeting
from .limits import Census, Place
from .pool import Pool
from .proof import Proof
from .replication import Private, Replications

_log = logging.getLogger(__name__)

# For which another host is tried.
_HOSTS_FAULT: Final = frozenset(
    {Reason.CONNECT_FAILED, Reason.CONNECT_TIMEOUT, Reason.HOST_UNFIT}
)


class ReplicationEntry:
    """Leads one client to a server of its own; see Entry, Newcomer and Starved."""

    __slots__ = (
        "_arrival",
        "_book",
        "_context",
        "_find_pool",
        "_place",
        "_since",
        "_stream",
        "_wishes",
        "kind",
        "opening",
        "pool",
        "proof",
    )

    def __init__(
        self,
        context: Context,
        arrival: AtDoor,
        wishes: Wishes,
        kind: Replication,
        *,
        proof: Proof,
        pool: Callable[[str, str], Pool],
        limits: Callable[[str, str], PoolSettings],
        census: Census,
        book: Replications,
    ) -> None:
        self._context = context
        self._arrival = arrival
        self._wishes = wishes
        self._find_pool = pool
        self._place = Place(census, limits, wishes.database, wishes.user)
        self._book = book
        self._since = context.reactor.now
        self._stream: Stream | None = None
        self.kind = kind
        self.proof = proof
        self.pool: Pool | None = None
        self.opening: Opening | None = None

    # In

    def enter(self, stream: Stream, last: bytes) -> None:
        """Take a place, and open a server; see Entry."""
        stream.gather(last)
        try:
            pool = self._find_pool(self._wishes.database, self._wishes.user)
            self._place.take()
        except PoolerError as error:
            self._arrival.refuse(Reason.LOGIN_FAILED, error)
            return
        self._stream = stream
        self.pool = pool
        learn(pool, self._wishes.user, self.proof)
        self._since = self._context.reactor.now
        self._book.newcomers[self] = None
        self.grow()

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Give the shared limits to which its server counts; see Starved."""
        return () if self.pool is None else self.pool.quotas

    @property
    def oldest_wait(self) -> float | None:
        """Give since when it waits, None if it does not; see Starved."""
        return None if self.pool is None or self.opening is not None else self._since

    def grow(self) -> None:
        """Open its server, if that may be done now; see Starved."""
        pool = self.pool
        starved = self._context.starved
        starved.pop(self, None)
        if pool is None:
            return
        if pool.refusal is not None:
            error, reason = pool.refusal
            self._arrival.refuse(reason, error)
        elif self.opening is None and not pool.paused:
            full = tuple(quota for quota in pool.quotas if quota.full)
            if not full or self._context.evict(full):
                self._open(pool)
            else:
                starved[self] = None

    def _open(self, pool: Pool) -> None:
        try:
            destination = self._destination(pool)
        except LocalProtocolError as problem:
            error = errors.startup_too_long(problem.message)
            self._arrival.refuse(Reason.LOGIN_FAILED, error)
            return
        for quota in pool.quotas:
            quota.add()
        context = self._context
        self.opening = Opening(
            context.reactor,
            context.tcp_options,
            destination,
            lambda opening, outcome: self._on_outcome(pool, opening, outcome),
        )
        self.opening.start(context.resolver)

    def _destination(self, pool: Pool) -> Destination:
        """Give where to open it; LocalProtocolError if too much is asked for."""
        usual = pool.staffing.destinations.of(self._turn(pool))
        asked = {**self._wishes.parameters, "replication": self.kind.asked_as}
        startup = {**usual.startup, **asked}
        StartupMessage(0, {"user": usual.user, **startup}).encode()
        # A WAL sender without a database runs no SQL.
        query = usual.query if self.kind is Replication.LOGICAL else ""
        return replace(usual, startup=startup, query=query)

    def _turn(self, pool: Pool) -> Turn:
        turn = pool.staffing.destinations.hosts.turn(self._context.reactor.now)
        return turn or Turn(pool.settings.target.host[0])

    def check(self, now: float) -> None:
        """Give up what takes too long, or try again; see Newcomer."""
        self.grow()
        pool, opening = self.pool, self.opening
        if pool is not None and opening is not None:
            opening.check_deadline(now, pool.settings.server_connect_timeout)

    def refuse(self, reason: Reason, error: PoolerError) -> None:
        """Let it not come in; see Newcomer."""
        self._arrival.refuse(reason, error)

    # Outcome

    def _on_outcome(
        self, pool: Pool, opening: Opening, outcome: Opened | OpeningFailed
    ) -> None:
        self.opening = None
        stream = self._stream
        if isinstance(outcome, Opened) and pool.refusal is None and stream is not None:
            self._succeeded(pool, stream, outcome)
            return
        for quota in pool.quotas:
            quota.remove()
        if isinstance(outcome, Opened):
            outcome.stream.close()
            self.grow()
        elif stream is not None:
            self._failed(pool, opening, outcome)

    def _failed(self, pool: Pool, opening: Opening, outcome: OpeningFailed) -> None:
        destinations = pool.staffing.destinations
        if outcome.reason in _HOSTS_FAULT:
            destinations.note_failure(opening, outcome)
            if destinations.goes_on(outcome):
                self.grow()
                return
        else:
            # It may refuse this client alone.
            pool.counters.tallies.openings_failed.note(outcome.reason)
            where = destinations.subject(opening)
            _log.warning("server login failed: %s", outcome.text, extra=about(where))
        self._arrival.refuse(outcome.reason, destinations.refusal(opening, outcome))

    def _succeeded(self, pool: Pool, stream: Stream, opened: Opened) -> None:
        context, tallies = self._context, pool.counters.tallies
        identity = identify(context, self._arrival, self._wishes, tallies)
        relay = Relay(
            context.reactor,
            context.scratch,
            stream,
            opened,
            identity=identity,
            number=next(context.numbers),
            counters=pool.counters,
            buffer_limit=pool.buffer_limit,
            on_closed=self._book.on_closed,
        )
        self._arrival.arrived()
        # The places are the relay's from now on.
        self._place.hand_over()
        self._wait_no_more()
        count_login(pool, self._arrival.visitor, context.reactor.now)
        tallies.servers_opened += 1
        self._book.admit(Private(relay, pool, self.kind))
        notice = context.settings.login_notify_message
        stream.write(welcome(identity, Greeting(opened.reported).to({}), notice))

    # Out

    def leave(self) -> None:
        """Give the places back; see Entry."""
        self._wait_no_more()
        self._place.give_back()
        if self.opening is not None:
            self.opening.fail(Reason.LOGIN_NOT_NEEDED, "the client is gone")

    def _wait_no_more(self) -> None:
        self._stream = None
        self.pool = None
        self._book.newcomers.pop(self, None)
        self._context.starved.pop(self, None)
