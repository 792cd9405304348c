"""Servers that come back: reset, drained, cancelled, or closed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.reasons import Reason
from pgpool_py.server.parameters import ParameterBook
from pgpool_py.settings import PoolMode
from pgwire.copying import CopyInResponse
from pgwire.draining import drain_requests
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    FAILED,
    IN_TRANSACTION,
    READY,
    complete,
    done,
    kinds,
    parse,
    query,
    refused,
    reported,
)
from tests.pooler.postgres import (
    CANCEL_REQUEST,
    CANCELED,
    TERMINATE,
    Bench,
    Client,
    begin,
    nonce_answer,
    sent_nonce,
    server_of,
)

SetUp = Callable[..., Bench]


# Reset


def test_in_transaction_mode_nothing_is_reset(bench: Bench) -> None:
    wire = bench.idle()
    assert wire.received() == b""
    assert bench.states() == ["idle"]


@pytest.mark.parametrize(
    "given", [{"pool_mode": PoolMode.SESSION}, {"server_reset_query_always": True}]
)
def test_a_server_is_reset_before_anybody_else_has_it(
    set_up: SetUp, given: dict[str, object]
) -> None:
    bench = set_up(default_pool_size=1, **given)
    client, wire = bench.open()
    waiting = bench.request()
    bench.give_back(client)
    assert wire.received() == query("DISCARD ALL")
    assert waiting.calls == []
    bench.answer(wire, done("DISCARD ALL"))
    assert waiting.calls == ["linked"]
    assert waiting.delivered == b""


def test_a_client_that_left_state_behind_makes_a_reset_needed(bench: Bench) -> None:
    client, wire = bench.open()
    server = server_of(client)
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=True)
    bench.turn()
    assert wire.received() == query("DISCARD ALL")
    bench.answer(wire, done("DISCARD ALL"))
    assert bench.states() == ["idle"]
    assert not server.must_reset


def test_a_reset_gives_the_session_its_own_user_back(bench: Bench) -> None:
    client, wire = bench.open()
    server = server_of(client)
    server.reported["session_authorization"] = "other"
    server.parameters = ParameterBook().of({"session_authorization": "other"})
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=True)
    bench.answer(wire, done("DISCARD ALL"))
    assert dict(server.parameters.values) == {}


@pytest.mark.parametrize("configured", ["", "DEALLOCATE ALL"])
def test_what_is_not_known_is_discarded_whatever_is_configured(
    set_up: SetUp, configured: str
) -> None:
    bench = set_up(server_reset_query=configured)
    client, wire = bench.open()
    server = server_of(client)
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=True)
    bench.turn()
    assert wire.received() == query("DISCARD ALL")


def test_what_no_reset_takes_away_closes_the_server(bench: Bench) -> None:
    client, wire = bench.open()
    server = server_of(client)
    server.must_close = True
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=True)
    assert wire.received() == TERMINATE


def test_in_session_mode_what_is_configured_is_trusted(set_up: SetUp) -> None:
    bench = set_up(server_reset_query="DEALLOCATE ALL", pool_mode=PoolMode.SESSION)
    client, wire = bench.open()
    server = server_of(client)
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=True)
    bench.turn()
    assert wire.received() == query("DEALLOCATE ALL")


def test_without_a_reset_query_a_session_is_handed_on_as_it_is(set_up: SetUp) -> None:
    bench = set_up(server_reset_query="", pool_mode=PoolMode.SESSION)
    client, wire = bench.open()
    bench.give_back(client)
    assert wire.received() == b""
    assert bench.states() == ["idle"]


@pytest.mark.parametrize("answer", [refused() + READY, complete() + IN_TRANSACTION])
def test_a_reset_that_fails_closes_the_server(set_up: SetUp, answer: bytes) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION)
    client, wire = bench.open()
    bench.give_back(client)
    bench.answer(wire, answer)
    assert wire.received() == query("DISCARD ALL") + TERMINATE


def test_discard_all_resets_parameters_that_are_not_reported_too(
    set_up: SetUp,
) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION)
    client, wire = bench.open()
    server = server_of(client)
    server.parameters = bench.context.book.of({"search_path": "x"})
    bench.give_back(client)
    bench.answer(wire, done("DISCARD ALL"))
    assert server.parameters is bench.context.book.defaults


def test_another_reset_query_is_not_trusted_with_them(set_up: SetUp) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION, server_reset_query="UNLISTEN *")
    client, wire = bench.open()
    server_of(client).parameters = bench.context.book.of({"search_path": "x"})
    bench.give_back(client)
    bench.answer(wire, done("UNLISTEN"))
    assert wire.received() == query("UNLISTEN *") + TERMINATE


# Another mode


def change_mode(bench: Bench, mode: PoolMode) -> None:
    bench.pool.reconfigure(replace(bench.pool.settings, pool_mode=mode))
    bench.turn()


@pytest.mark.parametrize("mode", [PoolMode.TRANSACTION, PoolMode.STATEMENT])
def test_what_was_lent_for_a_session_is_reset_though_the_mode_is_another_by_now(
    set_up: SetUp, mode: PoolMode
) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION)
    client, wire = bench.open()
    change_mode(bench, mode)
    bench.give_back(client)
    assert wire.received() == query("DISCARD ALL")
    bench.answer(wire, done("DISCARD ALL"))
    # Once: from then on it is lent as that mode has it.
    bench.give_back(bench.request())
    assert wire.received() == b""
    assert bench.states() == ["idle"]


def test_a_mode_that_stays_the_same_makes_no_reset_needed(bench: Bench) -> None:
    client, wire = bench.open()
    change_mode(bench, PoolMode.STATEMENT)
    change_mode(bench, PoolMode.TRANSACTION)
    bench.give_back(client)
    assert wire.received() == b""


def test_what_transactions_left_on_a_server_is_reset_before_it_is_lent_for_a_session(
    bench: Bench,
) -> None:
    idle, busy = bench.open(), bench.open()
    bench.give_back(idle[0])
    change_mode(bench, PoolMode.SESSION)
    assert idle[1].received() == query("DISCARD ALL")
    assert busy[1].received() == b""
    assert bench.states() == ["active", "tested"]
    bench.answer(idle[1], done("DISCARD ALL"))
    assert bench.states() == ["active", "idle"]
    bench.give_back(busy[0])
    assert busy[1].received() == query("DISCARD ALL")


def test_without_a_reset_query_sessions_begin_on_them_as_they_are(
    set_up: SetUp,
) -> None:
    bench = set_up(server_reset_query="")
    wire = bench.idle()
    change_mode(bench, PoolMode.SESSION)
    assert wire.received() == b""
    assert bench.states() == ["idle"]


# Vanished clients


def test_a_transaction_left_open_is_rolled_back_and_never_committed(
    bench: Bench,
) -> None:
    client, wire = begin(bench)
    bench.abandon(client)
    data = wire.received()
    assert data == drain_requests(sent_nonce(data))
    assert bench.states() == ["tested"]
    bench.answer(
        wire,
        done("ROLLBACK") + READY + done("ROLLBACK") + nonce_answer(sent_nonce(data)),
    )
    assert bench.states() == ["idle"]


def test_an_unsynced_batch_is_a_transaction_left_open(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(parse(), b"H\0\0\0\4")
    bench.answer(wire, b"1\0\0\0\4")
    wire.received()
    bench.abandon(client)
    assert kinds(wire.received()) == "fQSQQ"


def test_copy_data_that_will_not_come_is_ended_at_once(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("COPY t FROM STDIN"))
    bench.answer(wire, CopyInResponse(0, (0,)).encode())
    wire.received()
    bench.abandon(client)
    assert kinds(wire.received()) == "fQSQQ"


def test_a_query_that_ends_within_the_grace_is_let_end(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    bench.abandon(client)
    server = next(iter(bench.pool.books.busy))
    bench.pool.aftercare.check_grace(server, bench.clock.now + 0.9)
    assert bench.states() == ["abandoned"]
    bench.answer(wire, done())
    assert bench.states() == ["idle"]
    assert wire.received() == query("SELECT 1")
    assert client.delivered == b""


def test_a_query_that_leaves_a_transaction_open_is_drained_when_it_ends(
    bench: Bench,
) -> None:
    client, wire = bench.open()
    client.ask(query("BEGIN"))
    bench.abandon(client)
    wire.received()
    bench.answer(wire, complete("BEGIN") + IN_TRANSACTION)
    assert kinds(wire.received()) == "fQSQQ"


def abandon_long(bench: Bench) -> tuple[Wire, Wire]:
    """Let a client vanish whose query outlives the grace; return its cancel too."""
    client, wire = bench.open()
    client.ask(query("SELECT pg_sleep(9)"))
    wire.received()
    bench.abandon(client)
    server = next(iter(bench.pool.books.busy))
    bench.clock.advance(1.0)
    bench.turn()
    bench.pool.aftercare.check_grace(server, bench.clock.now)
    bench.turn()
    return wire, bench.postgres.accept()


def test_a_query_that_outlives_the_grace_is_cancelled_and_then_drained(
    bench: Bench,
) -> None:
    wire, cancel = abandon_long(bench)
    assert cancel.received() == CANCEL_REQUEST
    # Not before the cancel has arrived: it could hit the drain instead.
    assert wire.received() == b""
    cancel.close()
    bench.turn()
    data = wire.received()
    assert kinds(data) == "fQSQQ"
    bench.answer(wire, CANCELED + nonce_answer(sent_nonce(data)))
    assert bench.states() == ["idle"]


def test_it_is_cancelled_once_however_long_that_takes(bench: Bench) -> None:
    abandon_long(bench)
    server = next(iter(bench.pool.books.busy))
    for _ in range(5):
        bench.clock.advance(0.1)
        bench.pool.aftercare.check_grace(server, bench.clock.now)
        bench.turn()
    assert bench.postgres.waiting() == []
    assert server.cancels == 1


def test_a_message_half_written_closes_the_server(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    bench.abandon(client, half_written=True)
    assert wire.received() == query("SELECT 1")
    assert wire.ended


def test_a_drain_that_takes_too_long_closes_the_server(set_up: SetUp) -> None:
    bench = set_up(server_drain_timeout=5.0)
    client, wire = begin(bench)
    bench.abandon(client)
    server = next(iter(bench.pool.books.busy))
    server.check_deadline(bench.clock.now + 5.0)
    wire.received()
    assert wire.ended
    assert bench.states() == []


def test_a_server_that_was_paused_for_its_client_is_read_again(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    server_of(client).stream.pause()
    bench.abandon(client)
    bench.answer(wire, done())
    assert bench.states() == ["idle"]


def test_a_failed_transaction_is_drained_like_any_other(bench: Bench) -> None:
    client, wire = begin(bench)
    client.ask(query("SELECT 1/0"))
    bench.answer(wire, refused() + FAILED)
    wire.received()
    bench.abandon(client)
    assert kinds(wire.received()) == "fQSQQ"


def test_what_the_rollback_of_a_drain_resets_is_noted(bench: Bench) -> None:
    client, wire = begin(bench)
    client.ask(query("SET timezone TO 'CET'"))
    bench.answer(wire, reported("TimeZone", "CET") + complete("SET") + IN_TRANSACTION)
    bench.abandon(client)
    wire_data = wire.received()
    back = reported("TimeZone", "UTC") + done("ROLLBACK")
    bench.answer(wire, back + nonce_answer(sent_nonce(wire_data)))
    (server,) = bench.pool.books.idle
    assert server.parameters is bench.context.book.defaults


# Rollback


def roll_back(bench: Bench) -> tuple[Client, Wire]:
    """Let a client stay in a transaction that is rolled back."""
    client, wire = begin(bench)
    bench.pool.roll_back(server_of(client))
    bench.turn()
    assert wire.received() == query("ROLLBACK")
    return client, wire


def test_who_stays_is_told_when_its_transaction_is_rolled_back(bench: Bench) -> None:
    client, wire = roll_back(bench)
    assert "rolled back" not in client.calls
    bench.answer(wire, done("ROLLBACK"))
    assert client.calls[-1] == "rolled back"
    assert server_of(client).ledger.settled


def test_who_goes_meanwhile_leaves_a_server_for_the_next(bench: Bench) -> None:
    client, wire = roll_back(bench)
    server = server_of(client)
    server.owner = None
    bench.pool.abandon(server, half_written=False, must_reset=False)
    bench.answer(wire, done("ROLLBACK"))
    assert bench.states() == ["idle"]


def test_a_rollback_that_fails_closes_the_server(bench: Bench) -> None:
    client, wire = roll_back(bench)
    bench.answer(wire, refused() + FAILED)
    assert bench.states() == []
    assert client.reason is Reason.UNCLEAN_SERVER
