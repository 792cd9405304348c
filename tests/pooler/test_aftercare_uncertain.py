"""Servers of which it is not known what they owe: asked, or drained."""

from collections.abc import Callable

from pgwire.copying import CopyInResponse
from pgwire.draining import nonce_query, skip_request
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    FAILED,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    kinds,
    parse,
    query,
    refused,
    split,
)
from tests.pooler.postgres import (
    Bench,
    Client,
    nonce_answer,
    sent_nonce,
    server_of,
)

SetUp = Callable[..., Bench]


COPYING = b"1\0\0\0\4" + b"2\0\0\0\4" + CopyInResponse(0, (0,)).encode()


def begin_copy(bench: Bench, *before: bytes) -> tuple[Client, Wire]:
    """Begin a copy-in with a Sync in it; ``before``: a query and its answer."""
    client, wire = bench.open()
    if before:
        asked, answer = before
        client.ask(asked)
        bench.answer(wire, answer)
    client.ask(parse(sql="COPY t FROM STDIN"), BIND, EXECUTE, SYNC)
    bench.answer(wire, COPYING)
    return client, wire


def ask_in_failed_transaction(bench: Bench) -> tuple[Client, Wire, bytes]:
    """Have the server be asked what it owes; return what by."""
    begun = complete("BEGIN") + IN_TRANSACTION
    client, wire = begin_copy(bench, query("BEGIN"), begun)
    bench.answer(wire, refused() + FAILED)
    wire.received()
    bench.pool.resynchronise(server_of(client))
    bench.turn()
    (_, asked), *_ = split(wire.received())
    return client, wire, asked


def make_uncertain(bench: Bench) -> tuple[Client, Wire]:
    """Fail a copy-in with a Sync in it of which nobody knows whether it was read."""
    client, wire = begin_copy(bench)
    bench.answer(wire, refused() + READY)
    wire.received()
    return client, wire


def test_an_uncertain_server_is_asked_what_it_owes(bench: Bench) -> None:
    client, wire = make_uncertain(bench)
    bench.pool.resynchronise(server_of(client))
    bench.turn()
    data = wire.received()
    assert data == nonce_query(sent_nonce(data))
    before = bytes(client.delivered)
    bench.answer(wire, READY + nonce_answer(sent_nonce(data)))
    assert client.delivered == before + READY
    assert client.calls[-1] == "answered"


def test_in_a_failed_transaction_it_is_asked_by_an_error(bench: Bench) -> None:
    client, wire, asked = ask_in_failed_transaction(bench)
    assert asked.startswith(b'"')
    before = bytes(client.delivered)
    bench.answer(wire, refused(f"syntax error at or near {asked!r}", "42601") + FAILED)
    assert client.delivered == before
    assert client.calls[-1] == "answered"
    assert bench.states() == ["active"]


def test_a_client_that_goes_meanwhile_leaves_a_server_that_is_known_again(
    bench: Bench,
) -> None:
    client, wire = make_uncertain(bench)
    bench.pool.resynchronise(server_of(client))
    bench.turn()
    data = wire.received()
    bench.abandon(client)
    assert bench.states() == ["abandoned"]
    bench.answer(wire, nonce_answer(sent_nonce(data)))
    assert bench.states() == ["idle"]


def test_an_uncertain_server_whose_client_is_gone_is_drained(bench: Bench) -> None:
    client, wire = make_uncertain(bench)
    bench.abandon(client)
    assert kinds(wire.received()) == "fQSQQ"


def make_doubtful(bench: Bench) -> tuple[Client, Wire]:
    """Fail a copy-in likewise, and have the client wait before anything is known."""
    client, wire = begin_copy(bench)
    bench.answer(wire, refused())
    wire.received()
    server_of(client).ledger.wait()
    bench.pool.resynchronise(server_of(client))
    bench.turn()
    return client, wire


def test_a_server_that_threw_away_is_made_to_do_so_again(bench: Bench) -> None:
    client, wire = make_doubtful(bench)
    data = wire.received()
    before = bytes(client.delivered)
    bench.answer(wire, READY + nonce_answer(sent_nonce(data)))
    assert wire.received() == skip_request()
    assert client.calls[-1] != "answered"
    bench.answer(wire, refused('portal "pgpool_missing" does not exist', "34000"))
    assert client.delivered == before
    assert client.calls[-1] == "answered"
    assert server_of(client).ledger.skips_to_sync


def test_a_server_that_cannot_be_made_to_is_closed(bench: Bench) -> None:
    _, wire = make_doubtful(bench)
    data = wire.received()
    bench.answer(wire, READY + nonce_answer(sent_nonce(data)))
    bench.answer(wire, complete())
    assert bench.states() == []


def test_one_whose_client_goes_meanwhile_is_drained(bench: Bench) -> None:
    client, wire = make_doubtful(bench)
    data = wire.received()
    bench.answer(wire, READY + nonce_answer(sent_nonce(data)))
    bench.abandon(client)
    wire.received()
    bench.answer(wire, refused('portal "pgpool_missing" does not exist', "34000"))
    assert kinds(wire.received()) == "fQSQQ"


def test_one_that_is_in_a_failed_transaction_is_not_lent_again(bench: Bench) -> None:
    client, wire, asked = ask_in_failed_transaction(bench)
    bench.abandon(client)
    bench.answer(wire, refused(f"syntax error at or near {asked!r}", "42601") + FAILED)
    assert kinds(wire.received()) == "fQSQQ"
