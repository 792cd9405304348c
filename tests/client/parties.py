"""A client session with everything around it that is not under test."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pgpool_py.client.door import Visitor
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.lender import Borrower, Examined, Pinned
from pgpool_py.client.lone_run import LoneRun
from pgpool_py.client.session import ClientSession
from pgpool_py.errors import PoolerError
from pgpool_py.listen.askers import Then
from pgpool_py.listen.subscription import ListenLimits, Recipient, Subscription
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.examination import Findings
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.server.state import ServerState
from pgpool_py.settings import DatabaseSettings, PoolMode, PoolSettings, Settings
from pgpool_py.statistics import Counters
from pgwire.classification import Classification
from pgwire.diagnostics import ErrorResponse
from pgwire.exchange import QUERY
from pgwire.ledger import HOLD_LIMIT
from pgwire.objecting import Watch
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from tests.fixtures.connections import FakeKeeper, IgnoringHandler, connect_server
from tests.fixtures.hand import NewWire, Wire, turn
from tests.fixtures.messages import query

LIMIT = 4096
# What stands for the questions of an examination.
EXAMINE = query("examine")

IDENTITY = ClientIdentity(
    Visitor(5, "127.0.0.1", 50000, "127.0.0.1", 6432, accepted=0.0, connected=0.0),
    database="app",
    user="alice",
    pid=4_194_310,
    cancel_key=b"safe",
)


def pool_settings(**changed: Any) -> PoolSettings:
    """Return the settings of a pool in transaction mode."""
    settings = Settings(
        pool_mode=PoolMode.TRANSACTION, databases={"app": DatabaseSettings()}
    )
    return replace(settings.for_pool("app", "alice"), **changed)


@dataclass(eq=False)
class FakePins:
    """Lets everything pass that the test does not object to."""

    objection: PoolerError | None = None
    judged: list[bytes] = field(default_factory=list)
    settled: list[tuple[str, ...]] = field(default_factory=list)
    forgotten: int = 0

    def judge(
        self, client: Pinned, found: Classification, text: bytes
    ) -> PoolerError | None:
        self.judged.append(text)
        return self.objection

    def settle(self, client: Pinned) -> None:
        self.settled.append(client.holdings)

    def forget(self, client: Pinned) -> None:
        self.forgotten += 1


@dataclass(eq=False)
class FakeNotifications:
    """Hears what is asked for when the test says so."""

    asked: list[tuple[frozenset[bytes], Then]] = field(default_factory=list)
    wanted: set[bytes] = field(default_factory=set)
    claimed: tuple[int, int] = (0, 0)
    disclaims: list[Callable[[], None]] = field(default_factory=list)
    encoding: str | None = None

    def subscribe(self, client: Recipient, encoding: str = "") -> Subscription:
        self.encoding = encoding
        self.subscription = Subscription(client, self, ListenLimits(3, buffer=100))
        return self.subscription

    def ask(self, who: Subscription, names: frozenset[bytes], then: Then) -> None:
        self.wanted |= names
        self.asked.append((names, then))

    def want(self, who: Subscription, names: Iterable[bytes]) -> None:
        self.wanted |= set(names)

    def forgo(self, who: Subscription, names: Iterable[bytes]) -> None:
        self.wanted -= set(names)

    def claim(self, server_pid: int, pid: int) -> None:
        self.claimed = (server_pid, pid)

    def disclaim(self, server_pid: int, then: Callable[[], None]) -> None:
        self.claimed = (server_pid, 0)
        self.disclaims.append(then)

    def leave(self, who: Subscription) -> None:
        self.wanted.clear()

    def hear(self, error: PoolerError | None = None) -> None:
        """Answer what was asked for last."""
        self.asked.pop()[1](error)


@dataclass(eq=False)
class FakeLender:
    """A pool that writes down what clients ask, and lends when the test says so."""

    settings: PoolSettings = field(default_factory=pool_settings)
    counters: Counters = field(default_factory=Counters)
    buffer_limit: int = LIMIT
    statements: StatementBook = field(default_factory=lambda: StatementBook(200))
    asking: list[Borrower] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ready: ServerConnection | None = None
    can_cancel: bool = True
    shares: bool = False
    pins: FakePins = field(default_factory=FakePins)
    findings: Findings | None = None
    found: ParameterSet | None = None
    notifications: FakeNotifications = field(default_factory=FakeNotifications)

    def take(self, client: Borrower) -> ServerConnection | None:
        server, self.ready = self.ready, None
        if server is not None:
            self.calls.append("take")
            server.owner = client
            server.state = ServerState.ACTIVE
        return server

    def follow(
        self, client: Borrower, exchange: bytes, alike: bytes, run: LoneRun | None
    ) -> None:
        del alike, run
        assert isinstance(client, ClientSession)
        client.requests.pending = exchange
        client.waiting = True
        self.request(client)

    def request(self, client: Borrower) -> None:
        self.calls.append("request")
        self.asking.append(client)

    def leave(self, client: Borrower) -> None:
        self.calls.append("leave")
        if client in self.asking:
            self.asking.remove(client)

    def insist(self, client: Borrower) -> None:
        del client

    def shared_by(self, client: Borrower) -> ServerConnection | None:
        del client
        return None

    def claim(self, client: Borrower) -> None:
        del client

    def give_back(self, server: ServerConnection) -> None:
        self.calls.append("give back")

    def abandon(
        self,
        server: ServerConnection,
        *,
        half_written: bool = False,
        must_reset: bool = False,
    ) -> None:
        words = ["abandon"]
        words += ["half written"] if half_written else []
        words += ["must reset"] if must_reset else []
        self.calls.append(" ".join(words))

    def cancel(self, server: ServerConnection) -> bool:
        self.calls.append("cancel")
        return self.can_cancel

    def roll_back(self, server: ServerConnection) -> None:
        self.calls.append("roll back")

    def restore(self, server: ServerConnection, client: Borrower) -> None:
        self.calls.append("restore")

    def resynchronise(self, server: ServerConnection) -> None:
        self.calls.append("resynchronise")

    def examine(self, server: ServerConnection, client: Examined) -> bool:
        self.calls.append("examine")
        errand = Errand(self._examined, 5.0, Reason.EXAMINATION_FAILED)
        server.run(errand, EXAMINE, QUERY)
        return False

    def _examined(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        client = server.owner
        if isinstance(client, ClientSession):
            found = client.parameters if self.found is None else self.found
            client.on_examined(client.touched, self.findings, found)
            client.on_answered(server)


@dataclass(eq=False)
class FakeRegistry:
    """Counts the clients that were closed."""

    closed: list[ClientSession] = field(default_factory=list)

    def on_client_closed(self, client: ClientSession) -> None:
        self.closed.append(client)


@dataclass(eq=False)
class Scene:
    """One client, one server that may be lent to it, and the wires to both."""

    reactor: Reactor
    session: ClientSession
    client: Wire
    server: ServerConnection
    backend: Wire
    lender: FakeLender
    registry: FakeRegistry
    keeper: FakeKeeper

    def lend(self) -> None:
        """Give the server to the client that asks for one."""
        (borrower,) = self.lender.asking
        self.lender.asking.clear()
        self.server.owner = borrower
        self.server.state = ServerState.ACTIVE
        borrower.on_linked(self.server)
        turn(self.reactor)

    # Methods and no attributes, of which mypy would think that they never change.

    def waits(self) -> bool:
        """Tell whether the client waits for a server."""
        return self.session.waiting

    def client_is_paused(self) -> bool:
        """Tell whether the client is read no more."""
        return self.session.stream.paused

    def server_is_paused(self) -> bool:
        """Tell whether the server is read no more."""
        return self.server.stream.paused

    def send(self, *data: bytes) -> None:
        """Send as the client."""
        for piece in data:
            self.client.send(piece)
            turn(self.reactor)

    def answer(self, *data: bytes) -> None:
        """Send as the server."""
        for piece in data:
            self.backend.send(piece)
            turn(self.reactor)


def set_scene(
    reactor: Reactor,
    new_wire: NewWire,
    kind: type[ClientSession] = ClientSession,
    requests: Callable[[Watch], Requests] | None = None,
    **changed: Any,
) -> Scene:
    """Put a client without a server on the stage."""
    ours, client = new_wire()
    scratch = Scratch(HOLD_LIMIT)
    keeper = FakeKeeper()
    server, backend = connect_server(reactor, new_wire, keeper, scratch)
    lender, registry = FakeLender(pool_settings(**changed)), FakeRegistry()
    session = kind(
        reactor,
        scratch,
        Stream(reactor, ours, IgnoringHandler()),
        on_closed=registry.on_client_closed,
        lender=lender,
        identity=IDENTITY,
        parameters=server.parameters,
        limits=lender.settings,
        requests=requests,
    )
    return Scene(reactor, session, client, server, backend, lender, registry, keeper)
