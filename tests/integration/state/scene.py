"""Two clients that say something in turns, and what they hear."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pgwire.backend import NotificationResponse, ParameterStatus, RowDescription
from pgwire.codes import Target
from pgwire.frontend import Bind, Close, Execute, Parse, Query, Sync, Terminate
from tests.differential.streams import describe
from tests.fixtures.pooler_files import DATABASE
from tests.integration.wire import Message, Wire, extended

HEADER = 5

#: What was said, and all that was heard then.
Heard = list[tuple[str, list[Message]]]


@dataclass(eq=False)
class Voice:
    """One client: says something, waits for all of the answer, writes both down.

    Attributes:
        connect: gives a connection that has said nothing yet.
        database: that it logs in to.
        heard: by it, up to now.
        connection: None until its first word.
    """

    connect: Callable[[], Wire]
    database: str = DATABASE
    heard: Heard = field(default_factory=list)
    connection: Wire | None = None
    _notifications: list[Message] = field(default_factory=list)

    def enter(self, **more: str) -> None:
        """Log in, with these words besides user and database."""
        self.connection = self.connect()
        self.connection.login(self.database, minor=0, **more)

    def leave(self) -> None:
        """Vanish, whatever is open."""
        self.wire.reset()
        self.connection = None

    def go(self) -> None:
        """Say good-bye."""
        self.wire.send(Terminate().encode())
        self.wire.rest()
        self.connection = None

    @property
    def wire(self) -> Wire:
        """Its connection, which is made with its first word."""
        if self.connection is None:
            self.enter()
        assert self.connection is not None
        return self.connection

    # Simple queries

    def __call__(self, sql: str) -> None:
        """Run a simple query."""
        self._say(sql, Query(sql.encode()).encode())

    def at_once(self, *queries: str) -> None:
        """Run simple queries that go in one write."""
        data = b"".join(Query(sql.encode()).encode() for sql in queries)
        self._say(" | ".join(queries), data, ends=len(queries))

    # Extended protocol

    def ask(self, sql: str, *parameters: bytes | None) -> None:
        """Run a statement by the extended protocol."""
        self._say(f"{sql} {parameters}", extended(sql, parameters))

    def batch(self, *statements: str) -> None:
        """Run statements up to one Sync."""
        data = b"".join(
            Parse(b"", sql.encode()).encode()
            + Bind(b"", b"").encode()
            + Execute(b"", 0).encode()
            for sql in statements
        )
        self._say(f"[{', '.join(statements)}]", data + Sync().encode())

    def parse(self, name: str, sql: str) -> None:
        """Prepare a statement."""
        data = Parse(name.encode(), sql.encode()).encode() + Sync().encode()
        self._say(f"Parse {name}: {sql}", data)

    def bind(self, name: str, *parameters: bytes | None) -> None:
        """Run a prepared statement."""
        bind = Bind(b"", name.encode(), (), parameters).encode()
        self._say(f"Bind {name}", bind + Execute(b"", 0).encode() + Sync().encode())

    def close(self, name: str) -> None:
        """Forget a prepared statement."""
        data = Close(Target.STATEMENT, name.encode()).encode() + Sync().encode()
        self._say(f"Close {name}", data)

    def _say(self, what: str, data: bytes, *, ends: int = 1) -> None:
        self.wire.send(data)
        answers = [answer for _ in range(ends) for answer in self.wire.until_ready()]
        self._notifications += [one for one in answers if one.kind == "A"]
        told = [_comparable(one) for one in answers if one.kind not in "AS"]
        self.heard.append((what, _reported(answers) + told))

    # Notifications

    def hears(self, number: int) -> None:
        """Wait until so many notifications more have come; which, is written down."""
        while len(self._notifications) < number:
            message = self.wire.read()
            assert message.kind == "A", message
            self._notifications.append(message)
        told, self._notifications = (
            self._notifications[:number],
            self._notifications[number:],
        )
        self.heard.append(("hears", [self._whose(message) for message in told]))

    def _whose(self, message: Message) -> Message:
        """Say of the process id only whether it is the client's own."""
        it = NotificationResponse.decode(message.body)
        whose = "own" if it.pid == self.wire.pid else "another's"
        text = f"{whose}: {it.channel.decode()} {it.payload.decode()}"
        return Message("A", text.encode())


class Shared(Voice):
    """One of those who have one connection together, and cannot leave it."""

    def enter(self, **more: str) -> None:
        """Be there already."""

    def leave(self) -> None:
        """Stay."""

    def go(self) -> None:
        """Stay."""


def _reported(messages: Iterable[Message]) -> list[Message]:
    """Return what parameters are said to be in the end, in the order of their names.

    What RESET goes back to for this client, its server may not have known at first.
    """
    values: dict[str, Message] = {}
    for message in messages:
        if message.kind == "S":
            values[ParameterStatus.decode(message.body).name] = message
    return [values[name] for name in sorted(values)]


def _comparable(message: Message) -> Message:
    """Leave out of columns which table they are of: it was made for the scene."""
    if message.kind != "T":
        return message
    fields = RowDescription.decode(message.body).fields
    columns = tuple(replace(one, table_oid=0, column=0) for one in fields)
    return Message("T", RowDescription(columns).encode()[HEADER:])


Scene = Callable[[Voice, Voice], None]


def played(scene: Scene, one: Voice, other: Voice) -> tuple[Heard, Heard]:
    """Play a scene; return what each of the two has heard."""
    scene(one, other)
    return one.heard, other.heard


def assert_same(wanted: tuple[Heard, Heard], got: tuple[Heard, Heard]) -> None:
    """Fail with the first answer that is not the wanted one."""
    what = difference(wanted, got)
    assert not what, what


def difference(wanted: tuple[Heard, Heard], got: tuple[Heard, Heard]) -> str:
    """Return the first answer that is not the wanted one; nothing if all are."""
    for who, wants, gets in zip(("one", "other"), wanted, got, strict=True):
        for (what, want), (_, get) in zip(wants, gets, strict=True):
            if want != get:
                lines = [f"{who} said {what}", "wanted:", *map(describe, want)]
                return "\n  ".join([*lines, "heard:", *map(describe, get)])
    return ""
