"""A client's unnamed statement, which it shares with nobody."""

from pgwire.exchange import PARSE
from pgwire.frontend import Query
from tests.fixtures.messages import READY, complete, done, refused
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    PARSED,
    SYNC,
    Client,
    Server,
    bind,
    close,
    parse,
)


def test_an_unnamed_statement_goes_as_it_is(client: Client, server: Server) -> None:
    batch = parse() + bind() + EXECUTE + SYNC
    assert client.send(server, batch) == batch
    server.answer(PARSED, BOUND, complete(), READY)
    assert client.send(server, bind(), SYNC) == bind() + SYNC


def test_another_server_gets_it_again(client: Client, server: Server) -> None:
    client.send(server, parse(), SYNC)
    assert client.send(Server(), bind(), SYNC) == parse() + bind() + SYNC


def test_another_clients_is_replaced(server: Server) -> None:
    one, other = Client(), Client()
    one.send(server, parse(sql=b"SELECT 1"), SYNC)
    server.answer(PARSED, READY)
    other.send(server, parse(sql=b"SELECT 2"), SYNC)
    server.answer(PARSED, READY)
    assert one.send(server, bind(), SYNC) == parse(sql=b"SELECT 1") + bind() + SYNC


def test_a_query_of_another_client_destroys_it(server: Server) -> None:
    one, other = Client(), Client()
    one.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    other.send(server, Query(b"SELECT 2").encode())
    server.answer(done())
    assert one.send(server, bind(), SYNC) == parse() + bind() + SYNC


def test_a_query_of_its_own_destroys_it_for_good(
    client: Client, server: Server
) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    client.send(server, Query(b"SELECT 2").encode())
    server.answer(done())
    assert client.send(server, bind(), SYNC) == close() + bind() + SYNC


def test_parameters_that_were_set_by_ours_destroy_it(
    client: Client, server: Server
) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    server.ledger.skip(PARSE)
    assert client.send(server, bind(), SYNC) == parse() + bind() + SYNC


def test_one_that_is_refused_has_ended_the_one_before(
    client: Client, server: Server
) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    client.send(server, parse(sql=b"no SQL"), SYNC)
    server.answer(refused(), READY)
    assert client.send(server, bind(), SYNC) == close() + bind() + SYNC


def test_one_that_is_thrown_away_has_not(client: Client, server: Server) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    client.send(server, bind(b"none"), parse(sql=b"SELECT 2"), SYNC)
    server.answer(CLOSED, refused(), READY)
    assert client.send(server, bind(), SYNC) == parse() + bind() + SYNC


def test_closed_it_is_gone(client: Client, server: Server) -> None:
    client.send(server, parse(), close(), SYNC)
    server.answer(PARSED, CLOSED, READY)
    assert client.send(server, bind(), SYNC) == close() + bind() + SYNC
