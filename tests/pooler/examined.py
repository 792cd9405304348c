"""A client that is examined, in front of a scripted PostgreSQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pgpool_py.client.session import ClientSession
from pgpool_py.pooler.pool import Pool
from pgpool_py.server.connection import ServerConnection
from pgwire.backend import DataRow
from pgwire.frontend import Bind
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    READY,
    complete,
    done,
    kinds,
    query,
    reported,
    split,
    welcome,
)
from tests.pooler.house import House, startup

Build = Callable[..., House]
Row = tuple[str | None, ...]

PARSED = b"1\0\0\0\4"
# Neither role nor session_authorization was changed.
NOBODY_ELSE = ("none", "alice")


def answer(
    *values: str | None,
    session: Mapping[str, str] | None = None,
    held: tuple[str, ...] | None = None,
    listens: bool = False,
) -> bytes:
    """Return what answers the questions, in their order."""
    found = PARSED if values else b""
    for value in values:
        found += _rows((value,))
    if session is not None:
        # It is made itself again, and then asked.
        found += PARSED + _rows(("alice", "none", "none"))
        found += PARSED + _rows(*session.items())
    if held is not None:
        found += PARSED + _rows(*((what,) for what in held))
    if listens:
        # No mark, no channel, and then UNLISTEN *.
        found += PARSED + _rows((None,)) + PARSED + b"2\0\0\0\4" + complete("UNLISTEN")
    return found + READY


def untimed(found: bytes) -> bytes:
    """Return an answer to questions that come without a statement_timeout."""
    return PARSED + _rows(("5ms", "0")) + found


def _rows(*rows: Row) -> bytes:
    found = b"2\0\0\0\4"
    for row in rows:
        values = tuple(None if v is None else v.encode() for v in row)
        found += DataRow(values).encode()
    return found + complete(f"SELECT {len(rows)}")


@dataclass(eq=False)
class Examined:
    """A client of a whole pooler, and the one server."""

    house: House
    client: Wire
    server: Wire
    session: ClientSession

    @property
    def pool(self) -> Pool:
        (pool,) = self.house.pooler.pools.values()
        return pool

    def the_server(self) -> ServerConnection:
        books = self.pool.books
        (server,) = (*books.idle, *books.busy)
        return server

    def run(self, text: str, reply: bytes | None = None) -> bytes:
        """Let it send a Query, and be answered; return what it gets."""
        self.client.send(query(text))
        self.house.turn()
        self.server.received()
        self.say(done("SET") if reply is None else reply)
        return self.client.received()

    def say(self, data: bytes) -> None:
        self.server.send(data)
        self.house.turn()

    def asked(self) -> tuple[str, ...]:
        """Return the names asked for, and "*", "holdings" and "untimed"."""
        asked: list[str] = []
        for kind, body in split(self.server.received()):
            if kind == "P" and b"pg_settings" in body:
                asked.append("*")
            elif kind == "P" and b"'statement_timeout', '0'" in body:
                asked.append("untimed")
            elif kind == "P" and b"pg_locks" in body:
                asked.append("holdings")
            elif kind == "B":
                asked += [str(v, "utf-8") for v in Bind.decode(body).parameters if v]
        return tuple(asked)

    def own(self) -> dict[str, str]:
        """Return the client's parameters, as differences from the defaults."""
        return dict(self.session.parameters.values)

    def servers(self) -> dict[str, str]:
        return dict(self.the_server().parameters.values)

    def linked(self) -> bool:
        return self.session.server is not None


def come_in(build: Build, **parameters: str) -> Examined:
    house = build(default_pool_size=1, track_extra_parameters=("search_path",))
    client = house.arrive(startup(**parameters))
    server = house.postgres.accept()
    server.received()
    server.send(welcome())
    house.turn()
    client.received()
    (session,) = house.pooler.gatehouse.sessions.values()
    return Examined(house, client, server, session)


def come_in_with(build: Build, name: str, value: str, shown: str = "") -> Examined:
    """Return a client that has asked for a parameter, and has run a query."""
    one = come_in(build, **{name: value})
    one.client.send(query("SELECT 1"))
    one.house.turn()
    assert kinds(one.server.received()) == "PBES"
    set_one = PARSED + b"2\0\0\0\4" + complete()
    one.say(set_one + (reported(shown, value) if shown else b"") + READY)
    one.server.received()
    one.say(done())
    one.client.received()
    assert one.own() == {name.lower(): value}
    return one
