"""One pool: the servers of one database and user, and the clients that want them."""

from pgpool_py import errors
from pgpool_py.client.lender import Borrower, Examined
from pgpool_py.client.session import ClientSession
from pgpool_py.errors import PoolerError
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState
from pgpool_py.settings import PoolMode, PoolSettings
from pgpool_py.statistics import Counters
from pgwire.codes import Sqlstate
from pgwire.session_attrs import REPORTS

from .aftercare import Aftercare
from .context import Context
from .examining import Examining
from .functions import Functions
from .guest import Guest
from .holding import queue_full
from .linking import Linking
from .multiplexing import Multiplexing
from .notifications import Notifications
from .pins import PoolPins
from .shelf import Shelf
from .staffing import Staffing
from .starving import grow_older


class Pool(Shelf["Guest[Pool]"]):
    """See the module's text; the rest of its attributes are a shelf's.

    Attributes:
        database, user: as clients name them; ``user`` is the servers' user.
        statements: all that clients have prepared.
        buffer_limit: of every buffer of a client, in bytes.
        staffing, linking, aftercare: where servers come from, how one is made ready
            for a client, and how for the next.
        pins, examining: who keeps a server for its session state, and how that is
            found out.
        notifications: what clients LISTEN to.
        multiplexing: whose exchanges are sent behind others'.
        notified: who was told that it waits, and since when it does.
        looked_after: when that was done last.
    """

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        quotas: tuple[Quota, ...],
        counters: Counters | None = None,
    ) -> None:
        super().__init__(context, settings, counters)
        self._quotas = quotas
        self.database, self.user = settings.database, settings.target.user
        self.statements = context.statements
        self.buffer_limit = context.settings.client_buffer_limit
        self.notified: dict[Borrower, float] = {}
        self.looked_after = context.reactor.now
        tallies = self.counters.tallies
        self.staffing = Staffing(
            context,
            settings,
            books=self.books,
            quotas=quotas,
            tallies=tallies,
            keeper=self,
            on_opened=self._shelve,
            on_failed=self._on_failed,
            on_other_host=self.grow,
        )
        self.aftercare = Aftercare(context, settings, tallies, self._shelve)
        self.pins = PoolPins(context.reactor, settings, context.fingerprint)
        self.examining = Examining(context, self.user, self.staffing, self.aftercare)
        self.notifications = Notifications(context, self, self.staffing.destinations)
        self.linking = Linking(
            context,
            settings,
            counters=self.counters,
            defaults=self.staffing.defaults,
            give_back=self.aftercare.give_back,
        )
        functions = Functions(context, self, self._shelve)
        self.multiplexing = Multiplexing(context, settings, self.books, self, functions)
        self.follow = self.multiplexing.arrivals.add

    def __str__(self) -> str:
        return f"{self.database}/{self.user}"

    @property
    def cancel_wait_timeout(self) -> float:
        """Give the seconds after which a cancel has failed."""
        return self._context.settings.cancel_wait_timeout

    @property
    def query_wait_notify(self) -> int:
        """Give the seconds after which who waits is told so."""
        return self._context.settings.query_wait_notify

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Give the shared limits to which this pool's servers count."""
        return self._quotas

    @property
    def guests(self) -> int:
        """Count the clients that log in and wait until a server has been reached."""
        return len(self._guests)

    @property
    def unused(self) -> bool:
        """Whether no client ever got in, and none is on its way."""
        return self.empty and not self.counters.client_login_count

    @property
    def empty(self) -> bool:
        """Whether there is no server, and nobody who wants one."""
        nobody = not self._guests and not self.books.waiters
        servers = self.books.total or self.aftercare.cancels
        return nobody and not servers and self.notifications.empty

    @property
    def oldest_wait(self) -> float | None:
        """Give since when somebody waits for a server, None if nobody does."""
        guests = () if self.books.total else self._guests.values()
        firsts = (self.books.oldest_wait(), next(iter(guests), None))
        return min((since for since in firsts if since is not None), default=None)

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings; of servers only what the mode left is touched."""
        before = self.settings.pool_mode
        super().reconfigure(settings)
        self.staffing.reconfigure(settings)
        self.linking.reconfigure(settings)
        self.aftercare.reconfigure(settings)
        self.multiplexing.reconfigure(settings)
        self.pins.settings = settings
        self.notifications.follow(self._context.settings)
        self.buffer_limit = self._context.settings.client_buffer_limit
        self._clean_after(before)

    def _clean_after(self, before: PoolMode) -> None:
        """Have what was left on servers under another mode reset."""
        mode = self.settings.pool_mode
        if mode is before:
            return
        if before is PoolMode.SESSION:
            for server in self.books.busy:
                server.must_reset = True
        elif mode is PoolMode.SESSION:
            idle = list(self.books.idle)
            for _ in idle:
                self.books.take()
            for server in idle:
                self.aftercare.give_back(server)

    # Clients

    def greet(self, guest: "Guest[Pool]") -> None:
        """Tell a client that logs in what the servers report, once that is known."""
        if self.staffing.welcome is not None:
            guest.on_welcome(self)
        elif self.staffing.hopeless and self.staffing.failure is not None:
            guest.on_refused(self.staffing.failure, Reason.SERVER_LOGIN_FAILED)
        else:
            self._guests[guest] = self._reactor.now
            self.grow()

    def end(self, error: PoolerError, reason: Reason) -> None:
        """Close all servers for good, and refuse whoever wants one from now on."""
        self.paused = True
        self.refusal = (error, reason)
        self.clear(error, reason)

    def clear(self, error: PoolerError, reason: Reason) -> None:
        """Close all servers, and refuse whoever waits for one."""
        self._starved.pop(self, None)
        self.staffing.stop()
        self.notifications.close(reason)
        for server in (*self.books.idle, *self.books.busy):
            server.close(reason)
        self._on_failed(error, reason)

    def pause(self) -> None:
        """Lend no servers any more; those that are not lent are closed at once."""
        self.paused = True
        for server in list(self.books.idle):
            server.close(Reason.PAUSE_MODE)
        self.notifications.close(Reason.PAUSE_MODE)

    def stop(self) -> None:
        """Close all servers: the pooler ends, and all clients are gone."""
        self.paused = True
        self.staffing.stop()
        for server in (*self.books.idle, *self.books.busy):
            server.close(Reason.POOLER_SHUTTING_DOWN)
        self.notifications.close(Reason.POOLER_SHUTTING_DOWN)
        self.aftercare.stop()

    def forget_guest(self, guest: "Guest[Pool]") -> None:
        """Strike out a client that is gone before it was told."""
        self.note_unserved(self._guests.pop(guest, None))

    def request(self, client: Borrower) -> None:
        """Lend a server now, or when one is there; see Lender."""
        books, now = self.books, self._reactor.now
        if self.refusal is not None:
            client.on_refused(*self.refusal)
            return
        if not self.paused:
            if (server := books.take()) is not None:
                self.linking.begin(server, client, now)
                return
            if self.staffing.hopeless and self.staffing.failure is not None:
                client.on_refused(self.staffing.failure, Reason.SERVER_LOGIN_FAILED)
                return
        willing = self.shares and self.multiplexing.may_follow(client)
        grown = willing and (books.grown or self in self._starved)
        if grown and not self.paused and self.multiplexing.place(client):
            return
        if (most := self.settings.max_wait_queue) and len(books.waiters) >= most:
            error = queue_full(books, most, client, now)
            client.on_refused(error, Reason.WAIT_QUEUE_FULL)
            return
        books.wait(client, now, willing=willing)
        if not books.full:
            self.grow()

    def leave(self, client: Borrower) -> None:
        """Take a client out of the queue; see Lender."""
        if not (self.give_up(client) or self.multiplexing.leave(client)):
            self.linking.leave(client)

    def shared_by(self, client: Borrower) -> ServerConnection | None:
        """Give the server that a client shares; see Lender."""
        pipeline = self.multiplexing.of(client)
        return None if pipeline is None else pipeline.server

    def claim(self, client: Borrower) -> None:
        """Let a client have the server that answers its exchange; see Lender."""
        self.multiplexing.claim(client)

    def grow(self) -> None:
        """Open the servers that are wanted now."""
        starved = self._starved
        starved.pop(self, None)
        if not self.paused:
            need = bool(self._guests) and not self.books.total
            if not self.staffing.grow(at_least=int(need)):
                starved[self] = None

    # Servers come back

    def _tend(self, server: ServerConnection) -> None:
        self.aftercare.give_back(server)

    def abandon(
        self,
        server: ServerConnection,
        *,
        half_written: bool = False,
        must_reset: bool = False,
    ) -> None:
        """Take a server back in whatever state; see Lender."""
        server.must_reset = server.must_reset or must_reset
        self.aftercare.abandon(server, half_written=half_written)

    def cancel(self, server: ServerConnection) -> bool:
        """Have PostgreSQL cancel what runs; see Lender."""
        return self.aftercare.cancel(server)

    def resynchronise(self, server: ServerConnection) -> None:
        """Find out what a server owes; see Lender."""
        self.aftercare.resynchronise(server)

    def examine(self, server: ServerConnection, client: Examined) -> bool:
        """Find out what a client has changed of its session; see Lender."""
        return self.examining.examine(server, client)

    def restore(self, server: ServerConnection, client: Borrower) -> None:
        """Set a client's own parameters on a server that it keeps; see Lender."""
        self.linking.restore(server, client)

    def roll_back(self, server: ServerConnection) -> None:
        """End the transaction of a client that stays; see Lender."""
        self.aftercare.roll_back(server)

    def on_abandoned_answered(self, server: ServerConnection) -> None:
        """See Keeper."""
        self.aftercare.on_abandoned_answered(server)

    def on_parameter(
        self, server: ServerConnection, name: str, value: str
    ) -> bytes | None:
        """Keep book of what a server reports; see Keeper."""
        lower = name.lower()
        if lower in REPORTS and not server.on_errand:
            self.staffing.destinations.on_report(server, lower, value)
        default = self.staffing.defaults.get(lower)
        if default is None:
            return None
        server.parameters = self._context.book.with_value(
            server.parameters, lower, value, default
        )
        if server.owner is None or self.linking.prepares(server):
            return None
        return server.owner.on_parameter(name, value)

    def on_left(self, server: ServerConnection) -> None:
        """See Keeper."""
        if isinstance(server.owner, ClientSession):
            server.owner.on_left(server)

    def on_error(self, server: ServerConnection, sqlstate: str) -> None:
        """Count it, and see whether it tells of the host; see Keeper."""
        self.counters.tallies.server_errors.note(sqlstate)
        if sqlstate == Sqlstate.READ_ONLY_SQL_TRANSACTION:
            self.staffing.destinations.on_read_only(server)

    def _shelve(self, server: ServerConnection) -> None:
        """Lend a server that anybody may have to the first in the queue, or keep it."""
        now = self._reactor.now
        if self._guests:
            self._welcome_guests()
        if server.close_needed:
            server.close(Reason.RECONNECT)
        elif now >= server.end_of_life and server.is_over(now):
            server.close(Reason.SERVER_LIFETIME)
        elif self.paused:
            server.close(Reason.PAUSE_MODE)
        else:
            # What was just answered needs no check.
            server.since = now
            starved, books = self._starved, self.books
            lends = books.waiters and not self.settings.debug_rotate_servers
            if lends and not starved:
                self.linking.begin(server, *books.first_waiter())
                if books.willing and self.shares:
                    self.multiplexing.fill()
            else:
                # Idle, it can be evicted.
                server.state = ServerState.IDLE
                books.put(server)
                if starved:
                    self._yield_to_older()
                if books.waiters:
                    self.lend_idle()

    def _yield_to_older(self) -> None:
        """Let pools that share a limit with this one grow if somebody waits longer."""
        grow_older(self._starved, self.oldest_wait, self._quotas)

    def _welcome_guests(self) -> None:
        guests, self._guests = self._guests, {}
        for guest in guests:
            guest.on_welcome(self)

    def _on_failed(self, error: PoolerError, reason: Reason) -> None:
        """No server can be had: tell everybody who waits for one."""
        guests, self._guests = self._guests, {}
        for guest, since in guests.items():
            self.note_unserved(since)
            guest.on_refused(error, reason)
        self.refuse_all(error, reason)

    def on_server_closed(self, server: ServerConnection, reason: Reason) -> None:
        """Strike a server out, and look after its owner; see Keeper."""
        self.books.remove(server)
        self.aftercare.forget(server)
        for quota in self._quotas:
            quota.remove()
        self.staffing.destinations.note_close(server, reason)
        self.counters.collect(server.ledger.statements)
        owner, server.owner = server.owner, None
        preparing = self.linking.forget(server)
        if preparing is not None and owner is not None:
            # Not a byte of the client's was sent: another server will do.
            self.books.wait_first(*preparing)
            self.lend_idle()
        elif owner is not None:
            error = None
            if not server.told and not server.ledger.mid_message:
                error = errors.server_lost(in_flight=bool(server.ledger.head))
            owner.on_server_closed(error, reason)
        if reason is not Reason.EVICTED:
            # Who evicted it opens one in its place.
            self._yield_to_older()
            self.grow()

    def lend_idle(self) -> None:
        """Serve the queue from servers that are idle: a client was put back into it."""
        books = self.books
        while books.waiters and not self.paused:
            server = books.take()
            waiter = books.next_waiter() if server is not None else None
            if server is None or waiter is None:
                return
            self.linking.begin(server, *waiter)
