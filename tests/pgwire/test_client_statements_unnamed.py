"""A client's unnamed statement, which it shares with nobody."""

from pgwire.exchange import BIND, NOTED, PARSE
from pgwire.exchange import EXECUTE as EXECUTE_ENTRY
from pgwire.exchange import SYNC as SYNC_ENTRY
from pgwire.frontend import Query
from pgwire.naming import MOST_EFFECTS
from tests.fixtures.messages import READY, complete, done, kinds, query, refused
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    FLUSH,
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
    assert client.send(server, bind(), SYNC) == bind() + SYNC
    assert client.send(Server(), bind(), SYNC) == parse() + bind() + SYNC


def test_closed_it_is_gone(client: Client, server: Server) -> None:
    client.send(server, parse(), close(), SYNC)
    server.answer(PARSED, CLOSED, READY)
    assert client.send(server, bind(), SYNC) == bind() + SYNC
    assert client.send(Server(), bind(), SYNC) == close() + bind() + SYNC


def test_what_is_thrown_away_leaves_the_server_the_one_it_had(
    client: Client, server: Server
) -> None:
    client.send(server, parse(b"", b"SELECT $1"), bind(), parse(b"", b"SELECT 2"), SYNC)
    server.answer(PARSED, refused(), READY)
    # In a failed transaction, a Parse of ours would be refused.
    assert kinds(client.send(server, bind(), SYNC)) == "BS"


def test_a_close_that_is_thrown_away_leaves_the_server_the_one_it_had(
    client: Client, server: Server
) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    client.send(server, bind(b"missing"), close(), SYNC)
    server.answer(CLOSED, refused(), READY)
    assert kinds(client.send(server, bind(), SYNC)) == "BS"


def test_a_parse_of_ours_that_is_thrown_away_leaves_the_server_anothers(
    client: Client, server: Server
) -> None:
    other = Client(client.book)
    client.send(Server(), parse(), SYNC)
    other.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    client.send(server, bind(b"missing"), bind(), SYNC)
    server.answer(CLOSED, refused(), READY)
    assert kinds(other.send(server, bind(), SYNC)) == "BS"


def test_a_query_waits_until_it_is_known_whether_it_is_thrown_away(
    client: Client, server: Server
) -> None:
    query = Query(b"SELECT 2").encode()
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    assert kinds(client.send(server, bind(b"missing"), query)) == "CBH"
    assert client.requests.held
    server.answer(CLOSED, refused())
    client.send(server, query, SYNC)
    server.answer(READY)
    assert kinds(client.send(server, bind(), SYNC)) == "BS"


def test_a_query_behind_an_answered_batch_runs_within_it(
    client: Client, server: Server
) -> None:
    client.send(server, parse(), FLUSH)
    server.answer(PARSED)
    query = Query(b"SELECT 2").encode()
    assert client.send(server, query, SYNC) == query + SYNC


def test_a_parse_of_ours_with_a_name_leaves_it(client: Client, server: Server) -> None:
    client.send(server, parse(b"s"), parse(), parse(b"s"), SYNC)
    server.answer(PARSED, PARSED, PARSED, refused(), READY, CLOSED, READY)
    assert kinds(client.send(server, bind(), SYNC)) == "BS"


def test_a_parse_of_ours_that_may_be_thrown_away_is_waited_for(
    client: Client, server: Server
) -> None:
    client.send(Server(), parse(), SYNC)
    assert kinds(client.send(server, bind(b"missing"), bind(), SYNC)) == "CBPBS"
    assert client.send(server, bind(), SYNC) == b""
    assert client.requests.held
    server.answer(CLOSED, refused(), READY)
    assert kinds(client.send(server, bind(), SYNC)) == "PBS"


def test_a_query_behind_a_close_that_is_thrown_away_destroys_it(
    client: Client, server: Server
) -> None:
    query = Query(b"SELECT 2").encode()
    client.send(server, parse(), EXECUTE, close(), SYNC)
    assert not client.requests.lone_query(memoryview(query), len(query))
    client.send(server, query)
    server.answer(PARSED, refused(), READY, done())
    assert client.send(server, bind(), SYNC) == close() + bind() + SYNC


def test_what_is_thrown_away_in_turn_leaves_the_server_what_it_had_at_first(
    client: Client, server: Server
) -> None:
    client.send(Server(), parse(), SYNC)
    client.send(server, bind(b"missing"), bind(), SYNC)
    client.send(server, bind(b"missing"), parse(b"", b"SELECT 2"), SYNC)
    server.answer(CLOSED, refused(), READY, CLOSED, refused(), READY)
    assert client.send(server, bind(), SYNC) == parse() + bind() + SYNC


def test_with_very_much_not_answered_it_waits(client: Client, server: Server) -> None:
    client.send(server, EXECUTE)
    pairs = [parse() + close()] * (MOST_EFFECTS // 2)
    assert client.send(server, *pairs) == b"".join(pairs)
    # Nothing else makes the server answer.
    assert client.send(server, parse(), SYNC) == FLUSH
    assert client.requests.held
    server.answer(complete(), (PARSED + CLOSED) * (MOST_EFFECTS // 2))
    assert client.send(server, parse(), SYNC) == parse() + SYNC


def test_with_very_much_thrown_away_nothing_waits(
    client: Client, server: Server
) -> None:
    client.send(server, *[parse()] * MOST_EFFECTS)
    server.answer(refused())
    assert client.send(server, parse(), SYNC) == parse() + SYNC


# Behind other clients' exchanges on one server

RUN = (PARSE | NOTED, BIND, EXECUTE_ENTRY, SYNC_ENTRY)


def send_behind(server: Server, client: Client, sql: bytes) -> None:
    """Note what is sent in one step behind what is owed."""
    server.ledger.shared = True
    client.requests.parse_behind(parse(sql=sql), RUN, server.ledger)


def test_one_parsed_behind_others_is_the_servers_from_then_on(server: Server) -> None:
    first, one, other = Client(), Client(), Client()
    first.send(server, query("SELECT 0"))
    send_behind(server, one, b"SELECT 1")
    send_behind(server, other, b"SELECT 2")
    assert server.ledger.statements.unnamed == parse(sql=b"SELECT 2")
    server.ledger.shared = False
    for client, sql in ((one, b"SELECT 1"), (other, b"SELECT 2")):
        assert client.requests.unnamed == parse(sql=sql)
    answers = (PARSED + BOUND + complete() + READY) * 2
    assert server.answer(done() + answers) == done() + answers
    assert server.ledger.settled
    assert one.send(server, bind(), SYNC) == parse(sql=b"SELECT 1") + bind() + SYNC


def test_one_that_is_refused_there_was_never_parsed(server: Server) -> None:
    first, one = Client(), Client()
    first.send(server, query("SELECT 0"))
    send_behind(server, one, b"SELECT 1")
    server.ledger.shared = False
    server.answer(done(), refused(), READY)
    assert server.ledger.statements.unnamed is None
    assert one.requests.unnamed is None
