"""Opening a server: socket, login, connect_query, and every way in which it fails."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import (
    MOST_UNREAD,
    Destination,
    Opened,
    Opening,
    OpeningFailed,
)
from pgwire.authentication import AuthenticationCleartextPassword
from pgwire.errors import LocalProtocolError
from pgwire.server_login import MAX_PARAMETERS
from pgwire.server_secret import ServerSecret
from pgwire.startup import StartupMessage, parse_startup
from tests.fixtures.hand import Wire, turn
from tests.fixtures.messages import (
    PARAMETERS,
    READY,
    complete,
    done,
    fatal,
    query,
    reported,
    welcome,
)

Outcomes = list[Opened | OpeningFailed]


class Attempt:
    """An opening on its way to a listening socket of the test's."""

    def __init__(
        self, reactor: Reactor, resolver: Resolver, directory: Path, connect_query: str
    ) -> None:
        self.outcomes: Outcomes = []
        self.raises: Exception | None = None
        self.reactor = reactor
        self.resolver = resolver
        destination = Destination(
            str(directory),
            5432,
            "alice",
            ServerSecret(password="hunter"),
            {"database": "app", "application_name": "x"},
            connect_query,
        )
        self.opening = Opening(reactor, TcpOptions(), destination, self._on_outcome)

    def _on_outcome(self, opening: Opening, outcome: Opened | OpeningFailed) -> None:
        self.outcomes.append(outcome)
        if self.raises is not None:
            raise self.raises

    def start(self) -> None:
        self.opening.start(self.resolver)
        turn(self.reactor)

    def send(self, wire: Wire, data: bytes) -> None:
        wire.send(data)
        turn(self.reactor)

    def failed(self) -> OpeningFailed:
        (outcome,) = self.outcomes
        assert isinstance(outcome, OpeningFailed)
        return outcome

    def opened(self) -> Opened:
        (outcome,) = self.outcomes
        assert isinstance(outcome, Opened)
        outcome.stream.close()
        return outcome


NewAttempt = Callable[[str], Attempt]


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(unix_socket_path(str(tmp_path), 5432))
        sock.listen()
        yield sock


@pytest.fixture
def new_attempt(
    reactor: Reactor, idle_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> NewAttempt:
    """Return a maker of attempts, which takes a ``connect_query``."""
    return lambda text: Attempt(reactor, Resolver(idle_loop), tmp_path, text)


@pytest.fixture
def attempt(new_attempt: NewAttempt) -> Attempt:
    return new_attempt("")


@pytest.fixture
def backend(attempt: Attempt, listening: socket.socket) -> Iterator[Wire]:
    """Start the attempt, and return its other end."""
    attempt.start()
    wire = Wire(listening.accept()[0])
    yield wire
    wire.close()


def test_a_login_without_a_password_opens_the_server(
    attempt: Attempt, backend: Wire
) -> None:
    packet = parse_startup(backend.received())
    assert isinstance(packet, StartupMessage)
    assert packet.parameters == {
        "user": "alice",
        "database": "app",
        "application_name": "x",
    }
    attempt.send(backend, welcome(77, b"key!"))
    opened = attempt.opened()
    assert (opened.pid, opened.cancel_key) == (77, b"key!")
    assert opened.reported == PARAMETERS


def test_it_opens_byte_by_byte_as_well(attempt: Attempt, backend: Wire) -> None:
    for byte in welcome():
        assert attempt.outcomes == []
        attempt.send(backend, bytes((byte,)))
    assert attempt.opened().reported == PARAMETERS


def test_a_password_is_sent_when_it_is_asked_for(
    attempt: Attempt, backend: Wire
) -> None:
    backend.received()
    attempt.send(backend, AuthenticationCleartextPassword().encode())
    # type, length 11, the password and its end
    assert backend.received() == b"p\0\0\0\x0bhunter\0"
    attempt.send(backend, welcome())
    attempt.opened()


def test_a_server_that_refuses_is_quoted(attempt: Attempt, backend: Wire) -> None:
    attempt.send(backend, fatal("sorry, too many clients already", "53300"))
    failed = attempt.failed()
    assert failed.reason is Reason.SERVER_LOGIN_FAILED
    assert failed.text == "sorry, too many clients already"
    assert failed.error is not None
    assert failed.error.sqlstate == "53300"


def test_the_end_of_the_connection_is_a_failure(
    attempt: Attempt, backend: Wire
) -> None:
    backend.close()
    turn(attempt.reactor)
    failed = attempt.failed()
    assert failed.reason is Reason.CONNECT_FAILED
    assert "server closed the connection during login" in failed.text


def test_nobody_listens(attempt: Attempt) -> None:
    attempt.start()
    failed = attempt.failed()
    assert failed.reason is Reason.CONNECT_FAILED
    assert failed.text == "connect failed: No such file or directory"


@pytest.mark.parametrize("size", [3, MOST_UNREAD + 1])
def test_a_message_of_an_impossible_size_is_not_waited_for(
    attempt: Attempt, backend: Wire, size: int
) -> None:
    attempt.send(backend, b"R" + size.to_bytes(4, "big"))
    assert attempt.failed().reason is Reason.SERVER_PROTOCOL_VIOLATION


def test_a_message_that_is_no_part_of_a_login_is_a_failure(
    attempt: Attempt, backend: Wire
) -> None:
    attempt.send(backend, done())
    assert attempt.failed().reason is Reason.SERVER_LOGIN_FAILED


def test_an_attempt_can_be_ended_from_outside_once(
    attempt: Attempt, backend: Wire
) -> None:
    attempt.opening.fail(Reason.CONNECT_TIMEOUT, "too late")
    attempt.opening.fail(Reason.CONNECT_TIMEOUT, "much too late")
    assert attempt.failed() == OpeningFailed(Reason.CONNECT_TIMEOUT, "too late")
    backend.received()
    assert backend.ended


def test_a_connect_query_is_run_before_the_server_is_opened(
    new_attempt: NewAttempt, listening: socket.socket
) -> None:
    attempt = new_attempt("SET role app")
    attempt.start()
    wire = Wire(listening.accept()[0])
    wire.received()
    attempt.send(wire, welcome())
    assert attempt.outcomes == []
    assert wire.received() == query("SET role app")
    attempt.send(wire, done("SET"))
    attempt.opened()
    wire.close()


def test_what_a_connect_query_changed_is_reported_too(
    new_attempt: NewAttempt, listening: socket.socket
) -> None:
    attempt = new_attempt("SET TimeZone = 'CET'; SELECT 1")
    attempt.start()
    wire = Wire(listening.accept()[0])
    attempt.send(wire, welcome())
    attempt.send(wire, complete("SET") + reported("TimeZone", "CET"))
    attempt.send(wire, done())
    assert attempt.opened().reported == {**PARAMETERS, "TimeZone": "CET"}
    wire.close()


def test_a_server_cannot_report_parameters_without_end(
    new_attempt: NewAttempt, listening: socket.socket
) -> None:
    attempt = new_attempt("SELECT 1")
    attempt.start()
    wire = Wire(listening.accept()[0])
    attempt.send(wire, welcome())
    room = MAX_PARAMETERS - len(PARAMETERS)
    allowed = b"".join(reported(f"p{number}", "") for number in range(room))
    # Each as often as it likes.
    attempt.send(wire, allowed * 2)
    assert attempt.outcomes == []
    attempt.send(wire, reported(f"p{room}", ""))
    failed = attempt.failed()
    assert failed.reason is Reason.SERVER_PROTOCOL_VIOLATION
    assert failed.text == (
        f"the server reports more than {MAX_PARAMETERS} parameters during login"
    )
    wire.close()


def test_a_connect_query_that_fails_is_a_failure(
    new_attempt: NewAttempt, listening: socket.socket
) -> None:
    attempt = new_attempt("SET role app")
    attempt.start()
    wire = Wire(listening.accept()[0])
    attempt.send(wire, welcome() + fatal("no such role") + READY)
    failed = attempt.failed()
    assert failed.reason is Reason.CONNECT_QUERY_FAILED
    assert failed.text == "connect_query failed: no such role"
    wire.close()


@pytest.mark.parametrize("error", [ValueError("ours"), LocalProtocolError("ours")])
def test_an_exception_of_who_takes_the_server_does_not_vanish(
    attempt: Attempt, backend: Wire, error: Exception
) -> None:
    # It must reach the reactor, and not be taken for a fault of the server's messages.
    attempt.raises = error
    with pytest.raises(type(error), match="ours"):
        attempt.send(backend, welcome())
    attempt.opened()


def test_a_defect_of_ours_is_a_failure(attempt: Attempt, backend: Wire) -> None:
    attempt.opening.on_fault(ValueError("broken"))
    failed = attempt.failed()
    assert failed.reason is Reason.INTERNAL_ERROR
    assert "broken" not in failed.text


def test_a_unix_socket_is_shown_by_its_path() -> None:
    secret = ServerSecret(password="hunter")
    over_tcp = Destination("db.example", 5432, "alice", secret, {}, "")
    over_unix = Destination("/run", 5432, "alice", secret, {}, "")
    assert str(over_tcp) == "db.example:5432"
    assert str(replace(over_tcp, host="::1")) == "[::1]:5432"
    assert str(over_unix) == "/run/.s.PGSQL.5432"
    assert "hunter" not in repr(over_tcp)


def test_no_secret_shows(new_attempt: NewAttempt, listening: socket.socket) -> None:
    attempt = new_attempt("SET app.key = 'sesame'")
    attempt.start()
    wire = Wire(listening.accept()[0])
    attempt.send(wire, welcome(77, b"\1\2\3\4"))
    attempt.send(wire, done("SET"))
    opened = attempt.opened()
    assert (opened.destination.query, opened.cancel_key) == (
        "SET app.key = 'sesame'",
        b"\1\2\3\4",
    )
    for shown in (repr(opened), repr(opened.destination), repr(attempt.opening)):
        assert "sesame" not in shown
        assert "hunter" not in shown
        assert repr(b"\1\2\3\4") not in shown
    wire.close()
