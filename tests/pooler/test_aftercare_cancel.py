"""A server that was sent a CancelRequest is lent to nobody until it has hit."""

from collections.abc import Callable

from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolMode
from pgwire.backend import BackendKeyData
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    done,
    query,
    welcome,
)
from tests.pooler.postgres import (
    CANCEL_REQUEST,
    CANCELED,
    EMPTY,
    TERMINATE,
    Bench,
    Client,
    server_of,
)

SetUp = Callable[..., Bench]


# Cancel


def cancel_running(bench: Bench) -> tuple[Client, Wire, Wire]:
    """Return a client whose query is being cancelled, its server, and the cancel."""
    client, wire = bench.open()
    client.ask(query("SELECT pg_sleep(9)"))
    wire.received()
    bench.pool.cancel(server_of(client))
    bench.turn()
    cancel = bench.postgres.accept()
    assert cancel.received() == CANCEL_REQUEST
    return client, wire, cancel


def test_a_cancelled_server_is_not_lent_before_the_cancel_has_ended(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1)
    client, wire, cancel = cancel_running(bench)
    waiting = bench.request()
    bench.answer(wire, CANCELED)
    bench.give_back(client)
    assert bench.states() == ["being_canceled"]
    assert wire.received() == b""
    cancel.close()
    bench.turn()
    # Nor before one more ReadyForQuery: the signal was sent, but has it hit?
    assert waiting.calls == []
    assert wire.received() == query("")
    bench.answer(wire, EMPTY)
    assert waiting.calls == ["linked"]


def test_a_cancel_that_hits_late_hits_our_own_query(bench: Bench) -> None:
    client, wire, cancel = cancel_running(bench)
    bench.answer(wire, done())
    bench.give_back(client)
    cancel.close()
    bench.turn()
    assert wire.received() == query("")
    bench.answer(wire, CANCELED)
    assert bench.states() == ["idle"]


def test_an_answer_after_the_end_of_the_cancel_is_the_one_more(bench: Bench) -> None:
    client, wire, cancel = cancel_running(bench)
    cancel.close()
    bench.turn()
    # The client may go on meanwhile.
    assert client.calls[-1] == "linked"
    bench.answer(wire, CANCELED)
    bench.give_back(client)
    assert wire.received() == b""
    assert bench.states() == ["idle"]


def test_many_cancels_of_one_query_are_one(bench: Bench) -> None:
    client, _, cancel = cancel_running(bench)
    for _ in range(20):
        assert bench.pool.cancel(server_of(client))
    bench.turn()
    assert bench.postgres.waiting() == []
    cancel.close()
    bench.turn()
    # It did not help: the next one is asked for anew.
    assert bench.pool.cancel(server_of(client))
    bench.turn()
    assert bench.postgres.accept().received() == CANCEL_REQUEST


def test_a_server_that_gave_no_key_cannot_be_cancelled(bench: Bench) -> None:
    client = bench.request()
    wire = bench.postgres.accept()
    wire.received()
    wire.send(welcome(77, b"key!").replace(BackendKeyData(77, b"key!").encode(), b""))
    bench.turn()
    client.ask(query("SELECT pg_sleep(9)"))
    assert not bench.pool.cancel(server_of(client))
    bench.turn()
    assert bench.postgres.waiting() == []
    bench.answer(wire, done())
    bench.give_back(client)
    # Nor is it waited for.
    assert bench.states() == ["idle"]


def test_a_cancel_in_session_mode_does_not_hit_the_reset(set_up: SetUp) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION)
    client, wire, cancel = cancel_running(bench)
    bench.answer(wire, done())
    bench.give_back(client)
    assert wire.received() == b""
    cancel.close()
    bench.turn()
    assert wire.received() == query("")
    bench.answer(wire, CANCELED)
    assert wire.received() == query("DISCARD ALL")
    bench.answer(wire, done("DISCARD ALL"))
    assert bench.states() == ["idle"]


def test_a_cancel_that_nobody_knows_the_fate_of_closes_the_server(
    set_up: SetUp,
) -> None:
    bench = set_up(cancel_wait_timeout=10.0)
    client, wire, cancel = cancel_running(bench)
    bench.answer(wire, done())
    bench.give_back(client)
    bench.pool.aftercare.check_cancels(bench.clock.now + 9.9)
    assert bench.states() == ["being_canceled"]
    bench.pool.aftercare.check_cancels(bench.clock.now + 10.0)
    bench.turn()
    assert wire.received() == TERMINATE
    assert bench.pool.aftercare.cancels == {}
    cancel.received()
    assert cancel.ended


def test_a_server_that_is_closed_meanwhile_needs_no_end_of_its_cancel(
    bench: Bench,
) -> None:
    client, wire, cancel = cancel_running(bench)
    wire.close()
    bench.turn()
    assert client.reason is Reason.SERVER_CRASHED
    cancel.close()
    bench.turn()
    assert bench.states() == []
    assert bench.pool.aftercare.cancels == {}


def test_the_empty_query_may_take_no_longer_than_a_drain(set_up: SetUp) -> None:
    bench = set_up(server_drain_timeout=5.0)
    client, wire, cancel = cancel_running(bench)
    bench.answer(wire, done())
    bench.give_back(client)
    cancel.close()
    bench.turn()
    server = next(iter(bench.pool.books.busy))
    server.check_deadline(bench.clock.now + 5.0)
    assert bench.states() == []
