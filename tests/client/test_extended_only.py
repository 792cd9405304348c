"""A client that may not use the simple query protocol (``disable_pqexec``)."""

from collections.abc import Callable

import pytest

from pgpool_py.client.extended_only import ExtendedOnlySession
from pgpool_py.net.reactor import Reactor
from pgpool_py.settings import PoolMode
from pgwire.copying import CopyData, CopyInResponse
from pgwire.framing import FRONTEND_LENGTHS
from pgwire.frontend import Flush, Parse
from pgwire.guarded import GuardedRequests
from pgwire.statement import StatementBook
from tests.client.parties import LIMIT, Scene, set_scene
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    errors_of,
    kinds,
    query,
    told,
)

Set = Callable[[PoolMode], Scene]

PARSE = Parse(b"", b"SELECT 1").encode()
BATCH = PARSE + BIND + EXECUTE + SYNC
BOUND = b"1\0\0\0\4" + b"2\0\0\0\4"
ANSWER = BOUND + complete() + READY
OPEN = BOUND + complete("BEGIN") + IN_TRANSACTION
QUERY = query("SELECT 1")


@pytest.fixture
def set_up(reactor: Reactor, new_wire: NewWire) -> Set:
    def make(mode: PoolMode) -> Scene:
        requests = GuardedRequests(StatementBook(200), FRONTEND_LENGTHS, 0)
        return set_scene(
            reactor, new_wire, ExtendedOnlySession, lambda _: requests, pool_mode=mode
        )

    return make


@pytest.fixture
def scene(set_up: Set) -> Scene:
    return set_up(PoolMode.TRANSACTION)


def test_a_query_is_an_error_for_which_no_server_is_asked(scene: Scene) -> None:
    scene.send(QUERY)
    answer = scene.client.received()
    assert kinds(answer) == "EZ"
    assert told(answer) == ("ERROR", "0A000", "PQexec disallowed")
    assert answer.endswith(READY)
    assert scene.lender.calls == []
    assert not scene.session.closed
    assert scene.session.requests.pending is None


def test_behind_it_the_session_goes_on(scene: Scene) -> None:
    scene.send(QUERY + BATCH)
    assert kinds(scene.client.received()) == "EZ"
    scene.lend()
    assert kinds(scene.backend.received()) == "PBES"
    scene.answer(ANSWER)
    assert scene.client.received() == ANSWER


def test_of_many_each_is_answered(scene: Scene) -> None:
    scene.send(QUERY * 100)
    assert kinds(scene.client.received()) == "EZ" * 100


def test_one_that_comes_in_pieces_is_answered_once(scene: Scene) -> None:
    scene.send(*(bytes([byte]) for byte in QUERY))
    assert kinds(scene.client.received()) == "EZ"
    assert scene.session.requests.pending is None


def test_one_that_is_longer_than_the_buffer_is_thrown_away(scene: Scene) -> None:
    long = query("x" * 10_000)
    scene.send(long[:6000])
    assert kinds(scene.client.received()) == "EZ"
    scene.send(long[6000:] + QUERY)
    assert kinds(scene.client.received()) == "EZ"
    assert scene.lender.calls == []


def test_its_error_comes_behind_the_answers_in_front_of_it(scene: Scene) -> None:
    scene.send(BATCH + QUERY + BATCH)
    scene.lend()
    assert kinds(scene.backend.received()) == "PBES"
    assert scene.client.received() == b""
    scene.answer(ANSWER)
    assert kinds(scene.client.received()) == "12CZ" + "EZ"
    assert scene.lender.calls == ["request", "give back", "request"]
    scene.lend()
    scene.answer(ANSWER)
    assert scene.client.received() == ANSWER


def test_in_a_transaction_the_server_stays_and_so_does_the_status(
    scene: Scene,
) -> None:
    scene.send(BATCH)
    scene.lend()
    scene.answer(OPEN)
    scene.backend.received()
    scene.client.received()
    scene.send(QUERY)
    answer = scene.client.received()
    assert kinds(answer) == "EZ"
    assert answer.endswith(IN_TRANSACTION)
    scene.send(BATCH + QUERY + BATCH)
    assert kinds(scene.backend.received()) == "PBES"
    scene.answer(OPEN)
    assert kinds(scene.client.received()) == "12CZ" + "EZ"
    assert kinds(scene.backend.received()) == "PBES"
    scene.answer(ANSWER)
    assert scene.lender.calls == ["request", "give back"]


def test_in_session_mode_too(set_up: Set) -> None:
    scene = set_up(PoolMode.SESSION)
    scene.send(BATCH + QUERY)
    scene.lend()
    scene.answer(ANSWER)
    assert kinds(scene.client.received()) == "12CZ" + "EZ"
    scene.send(QUERY + BATCH + QUERY)
    assert kinds(scene.client.received()) == "EZ"
    scene.answer(ANSWER)
    assert kinds(scene.client.received()) == "12CZ" + "EZ"
    assert kinds(scene.backend.received()) == "PBES" * 2


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        pytest.param(PARSE + Flush().encode(), b"1\0\0\0\4", id="a batch"),
        pytest.param(
            BATCH, BOUND + CopyInResponse(0, (0,)).encode(), id="data for a COPY"
        ),
    ],
)
def test_in_the_midst_of_something_it_ends_the_session(
    scene: Scene, sent: bytes, answered: bytes
) -> None:
    scene.send(sent)
    scene.lend()
    scene.answer(answered)
    scene.client.received()
    scene.backend.received()
    scene.send(CopyData(b"x").encode() + QUERY)
    (error,) = errors_of(scene.client.received())
    assert (error.severity, error.message) == ("FATAL", "PQexec disallowed")
    assert scene.session.closed
    assert "Q" not in kinds(scene.backend.received())


def test_messages_in_turns_with_queries_do_not_go_deep(scene: Scene) -> None:
    scene.send(BATCH)
    scene.lend()
    scene.answer(OPEN)
    scene.client.received()
    scene.backend.received()
    scene.lender.buffer_limit = 1 << 20
    # What nobody waits for is dropped without an answer.
    scene.send((QUERY + CopyData(b"").encode()) * 600)
    answer = b""
    while piece := scene.client.received():
        answer += piece
        turn(scene.reactor)
    assert kinds(answer) == "EZ" * 600
    assert scene.backend.received() == b""


@pytest.mark.parametrize("linked", [False, True])
def test_errors_do_not_pile_up_for_a_client_that_does_not_read(
    scene: Scene, linked: bool
) -> None:
    if linked:
        scene.send(BATCH)
        scene.lend()
        scene.answer(OPEN)
    for _ in range(30):
        if not scene.session.closed:
            scene.send(QUERY * 1000)
    assert scene.session.closed
    assert scene.session.stream.backlog < 5 * LIMIT


def test_an_invalid_message_in_front_of_it_is_refused_as_ever(scene: Scene) -> None:
    scene.send(BATCH)
    scene.lend()
    scene.answer(OPEN)
    scene.client.received()
    scene.send(b"S\0\0\0\5\0" + QUERY)
    assert told(scene.client.received())[1] == "08P01"
    assert scene.session.closed


def test_nothing_is_counted_as_a_query(scene: Scene) -> None:
    scene.send(QUERY)
    assert scene.lender.counters.query_count == 0
    assert done() not in scene.client.received()
