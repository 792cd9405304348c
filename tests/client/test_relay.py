"""A client with a server of its own: bytes both ways, back-pressure, and every end."""

from dataclasses import dataclass, field

import pytest

from pgpool_py.client.relay import LINGER, Relay
from pgpool_py.errors import PoolerError, shutting_down
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import Destination, Opened
from pgpool_py.statistics import Counters
from pgwire.copying import CopyBothResponse, CopyData
from pgwire.frontend import Terminate
from pgwire.ledger import HOLD_LIMIT
from pgwire.server_secret import ServerSecret
from tests.client.parties import IDENTITY, LIMIT
from tests.fixtures.connections import IgnoringHandler
from tests.fixtures.hand import Clock, NewWire, Wire, turn
from tests.fixtures.messages import complete, done, fatal, query, told

TERMINATE = Terminate().encode()
BOTH = CopyBothResponse(0, ()).encode()
DATA = CopyData(b"some WAL").encode()
# More than sockets take on either side.
FLOOD = CopyData(bytes(4_000_000)).encode()


@dataclass(eq=False)
class Line:
    """A relay, and the wires to both its sides."""

    reactor: Reactor
    relay: Relay
    client: Wire
    server: Wire
    counters: Counters
    closed: list[Reason] = field(default_factory=list)

    def from_client(self, data: bytes) -> bytes:
        """Send as the client; return what the server received."""
        self.client.send(data)
        turn(self.reactor)
        return self.server.received()

    def from_server(self, data: bytes) -> bytes:
        """Send as the server; return what the client received."""
        self.server.send(data)
        turn(self.reactor)
        return self.client.received()

    def drain(self, wire: Wire) -> bytes:
        """Return all that comes to one side until nothing more does."""
        found = bytearray()
        while piece := wire.received():
            found += piece
            turn(self.reactor)
        return bytes(found)

    def flood(self, wire: Wire) -> int:
        """Send as much as one side takes; return how much that was."""
        sent, rest = 0, memoryview(FLOOD)
        while rest:
            try:
                size = wire.socket.send(rest)
            except BlockingIOError:
                break
            sent, rest = sent + size, rest[size:]
            turn(self.reactor)
        return sent


@pytest.fixture
def line(reactor: Reactor, new_wire: NewWire) -> Line:
    (ours, client), (theirs, server) = new_wire(), new_wire()
    counters, closed = Counters(), list[Reason]()
    opened = Opened(
        Stream(reactor, theirs, IgnoringHandler()),
        Destination("127.0.0.1", 5432, "alice", ServerSecret(), {}, ""),
        ("127.0.0.1", 5432),
        77,
        b"key!",
        {},
    )
    relay = Relay(
        reactor,
        Scratch(HOLD_LIMIT),
        Stream(reactor, ours, IgnoringHandler()),
        opened,
        identity=IDENTITY,
        number=9,
        counters=counters,
        buffer_limit=LIMIT,
        on_closed=lambda relay, reason: closed.append(reason),
    )
    return Line(reactor, relay, client, server, counters, closed)


def ended(line: Line, reason: Reason) -> None:
    """See that both sides were closed, once, for this reason."""
    line.server.received()
    line.client.received()
    assert (line.server.ended, line.client.ended) == (True, True)
    assert line.closed == [reason]


# Both ways


def test_what_either_says_reaches_the_other(line: Line) -> None:
    assert line.from_client(query("IDENTIFY_SYSTEM")) == query("IDENTIFY_SYSTEM")
    assert line.from_server(done()) == done()
    assert line.from_server(BOTH + DATA) == BOTH + DATA
    assert line.from_client(DATA) == DATA
    assert line.counters.bytes_received == len(query("IDENTIFY_SYSTEM") + DATA)
    assert line.counters.bytes_sent == len(done() + BOTH + DATA)
    assert line.closed == []


def test_a_part_of_a_message_is_not_held_back(line: Line) -> None:
    assert line.from_client(DATA[:7]) == DATA[:7]
    assert line.from_server(DATA[:3]) == DATA[:3]


def test_the_time_of_the_last_word_is_kept(line: Line, clock: Clock) -> None:
    clock.advance(5.0)
    line.from_server(DATA)
    assert line.relay.since == pytest.approx(clock.now)


@pytest.mark.parametrize("from_server", [True, False])
def test_a_side_is_not_read_while_the_other_takes_nothing(
    line: Line, from_server: bool
) -> None:
    sender, taker = line.server, line.client
    if not from_server:
        sender, taker = taker, sender
    sent = line.flood(sender)
    assert sent < len(FLOOD)
    assert line.drain(taker) == FLOOD[:sent]
    # It is read again.
    assert line.flood(sender) > 0


# The client ends


def test_a_terminate_ends_both(line: Line) -> None:
    assert line.from_client(TERMINATE + b"more") == TERMINATE
    ended(line, Reason.CLIENT_CLOSE_REQUEST)


def test_a_client_that_is_gone_is_reported_to_its_server(line: Line) -> None:
    line.client.close()
    turn(line.reactor)
    assert line.server.received() == TERMINATE
    assert line.server.ended
    assert line.closed == [Reason.CLIENT_EOF]


def test_nothing_is_said_in_the_middle_of_a_clients_message(line: Line) -> None:
    line.from_client(DATA[:7])
    line.client.close()
    turn(line.reactor)
    assert line.server.received() == b""
    assert line.server.ended


def test_what_the_client_sent_last_is_delivered_first(line: Line) -> None:
    sent = line.flood(line.client)
    line.client.close()
    turn(line.reactor)
    assert line.drain(line.server) == FLOOD[:sent]


def test_a_message_that_no_server_survives_is_refused(line: Line) -> None:
    assert line.from_client(b"!\0\0\0\4") == b""
    severity, sqlstate, _ = told(line.client.received())
    assert (severity, sqlstate) == ("FATAL", "08P01")
    ended(line, Reason.CLIENT_PROTOCOL_VIOLATION)


def test_a_client_that_is_gone_while_it_is_not_read_is_noticed(line: Line) -> None:
    line.flood(line.client)
    line.client.close()
    line.relay.check(line.reactor.now)
    assert line.closed == [Reason.CLIENT_EOF]


# The server ends


def test_a_fatal_error_is_passed_on_and_nothing_added(line: Line) -> None:
    line.server.send(fatal())
    line.server.close()
    turn(line.reactor)
    assert line.client.received() == fatal()
    ended_client(line, Reason.SERVER_FATAL)


def test_a_stream_that_is_complete_ends_without_an_error(line: Line) -> None:
    line.server.send(BOTH + complete("COPY 0"))
    line.server.close()
    turn(line.reactor)
    assert line.client.received() == BOTH + complete("COPY 0")
    ended_client(line, Reason.SERVER_CLOSED)


@pytest.mark.parametrize(
    ("asked", "detail"), [(True, "may have been"), (False, "No statement")]
)
def test_a_server_that_vanishes_is_an_error(
    line: Line, asked: bool, detail: str
) -> None:
    line.from_server(done())
    if asked:
        line.from_client(query("SELECT 1"))
    line.server.close()
    turn(line.reactor)
    stream = line.client.received()
    assert told(stream)[1] == "08006"
    assert detail.encode() in stream
    ended_client(line, Reason.SERVER_CRASHED)


def test_nothing_is_said_in_the_middle_of_a_servers_message(line: Line) -> None:
    line.server.send(BOTH + DATA[:7])
    line.server.close()
    turn(line.reactor)
    assert line.client.received() == BOTH + DATA[:7]
    ended_client(line, Reason.SERVER_CRASHED)


def test_what_the_server_sent_last_is_delivered_first(line: Line) -> None:
    sent = line.flood(line.server)
    line.server.close()
    turn(line.reactor)
    assert line.closed == []
    assert line.drain(line.client) == FLOOD[:sent]
    ended_client(line, Reason.SERVER_CRASHED)


def test_what_is_kept_for_the_client_is_delivered_first(line: Line) -> None:
    # So that all of it is read from the server, and kept.
    line.relay._limit = len(FLOOD)
    assert line.flood(line.server) == len(FLOOD)
    line.server.close()
    turn(line.reactor)
    assert line.relay.ending
    found = line.drain(line.client)
    assert found[: len(FLOOD)] == FLOOD
    # The message was complete, so that an error may follow.
    assert told(found[len(FLOOD) :])[1] == "08006"
    ended_client(line, Reason.SERVER_CRASHED)


def test_an_impossible_reply_ends_both_without_a_word(line: Line) -> None:
    # What a client made of the beginning of it cannot be known.
    assert line.from_server(b"D\0\0\0\0") == b""
    ended(line, Reason.SERVER_PROTOCOL_VIOLATION)


def ended_client(line: Line, reason: Reason) -> None:
    line.client.received()
    assert line.client.ended
    assert line.closed == [reason]


# We end


def test_an_error_of_ours_reaches_the_client(line: Line) -> None:
    line.relay.close(Reason.POOLER_SHUTTING_DOWN, shutting_down())
    assert told(line.client.received())[1] == "57P01"
    assert line.server.received() == TERMINATE
    ended(line, Reason.POOLER_SHUTTING_DOWN)


def test_a_second_close_does_nothing(line: Line) -> None:
    line.relay.close(Reason.ADMIN_DISCONNECT, PoolerError("first", "57P01"))
    line.relay.close(Reason.POOLER_SHUTTING_DOWN, shutting_down())
    assert told(line.client.received())[2] == "first"
    assert line.closed == [Reason.ADMIN_DISCONNECT]


def test_a_side_that_takes_nothing_has_its_time(line: Line, clock: Clock) -> None:
    line.relay._limit = len(FLOOD)
    line.flood(line.server)
    line.server.close()
    turn(line.reactor)
    line.relay.check(clock.now + LINGER - 1)
    assert line.closed == []
    line.relay.check(clock.now + LINGER)
    assert line.closed == [Reason.SERVER_CRASHED]
