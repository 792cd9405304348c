"""What a server refused, threw away or may yet throw away has not happened."""

import pytest

from pgwire.codes import Target, TransactionStatus
from pgwire.exchange import QUERY, ParameterReported, StatementsDropped
from pgwire.frontend import Describe, Query
from pgwire.statement import StatementBook
from tests.fixtures.messages import (
    READY,
    complete,
    done,
    kinds,
    refused,
    reported,
    split,
)
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
    prepare,
    statement_of,
)


def test_a_refused_parse_leaves_no_name(client: Client, server: Server) -> None:
    client.send(server, parse(b"s", b"no SQL"), bind(b"s"), SYNC)
    server.answer(refused(), READY)
    assert client.requests.names == {}
    sent = client.send(server, parse(b"s"), SYNC)
    assert kinds(sent) == "PS"


def test_a_parse_that_is_thrown_away_leaves_what_was(
    client: Client, server: Server
) -> None:
    first = prepare(client, server, b"s", b"SELECT 1")
    client.send(
        server, bind(b"s"), close(b"s"), parse(b"s", b"SELECT 2"), parse(b"t"), SYNC
    )
    server.answer(refused(), READY)
    assert list(client.requests.names) == [b"s"]
    sent = client.send(server, bind(b"s"), SYNC)
    assert statement_of(split(sent)[-2][1]) == first


def test_whether_a_server_has_what_it_threw_away_is_in_doubt(
    client: Client,
) -> None:
    prepare(client, Server(), b"s", b"SELECT 1")
    server = Server()
    # Both in one batch, so that the second relies on the first.
    assert kinds(client.send(server, bind(), bind(b"s"), SYNC)) == "CBPBS"
    server.answer(CLOSED, refused(), READY)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "CPBS"


def test_an_unanswered_parse_of_ours_is_not_relied_on_behind_a_sync(
    client: Client,
) -> None:
    prepare(client, Server(), b"s", b"SELECT 1")
    server = Server()
    sent = client.send(server, bind(b"s"), EXECUTE, SYNC, bind(b"s"), EXECUTE, SYNC)
    assert kinds(sent) == "PBES" + "CPBES"


@pytest.mark.parametrize("message", [bind(b"s"), parse(b"s"), close(b"s"), bind(b"t")])
def test_names_wait_for_what_is_not_answered_behind_a_sync(
    client: Client, server: Server, message: bytes
) -> None:
    first = parse(b"s") + SYNC
    client.send(server, first, message, SYNC)
    assert client.requests.held
    assert client.used == len(first)
    server.answer(PARSED, READY)
    client.send(server, message, SYNC)
    assert not client.requests.held


def test_what_waits_is_not_left_without_an_answer(
    client: Client, server: Server
) -> None:
    sent = client.send(server, parse(b"s"), SYNC, bind(), EXECUTE, bind(b"s"))
    # What is unsynced would be answered by the client's Sync only, which waits too.
    assert kinds(sent) == "PSCBEH"
    assert client.requests.held


def test_in_one_batch_nothing_waits(client: Client, server: Server) -> None:
    client.send(server, parse(b"s"), bind(b"s"), EXECUTE, close(b"s"), SYNC)
    assert not client.requests.held


def test_behind_an_error_that_is_known_nothing_is_noted(
    client: Client, server: Server
) -> None:
    client.send(server, bind(), FLUSH)
    server.answer(CLOSED, refused())
    assert client.send(server, parse(b"s"), bind(b"s")) == parse(b"s") + bind(b"s")
    client.send(server, SYNC)
    server.answer(READY)
    assert client.requests.names == {}
    assert server.ledger.settled


@pytest.mark.parametrize("tag", ["DISCARD ALL", "DEALLOCATE ALL"])
def test_statements_that_are_dropped_are_parsed_again(
    client: Client, server: Server, tag: str
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, Query(tag.encode()).encode())
    server.answer(done(tag))
    assert server.ledger.events == [StatementsDropped()]
    client.requests.drop_all()
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "CBS"
    server.answer(CLOSED, refused("none", "26000"), READY)
    assert kinds(client.send(server, parse(b"s"), SYNC)) == "PS"


@pytest.mark.parametrize(("missing", "sent"), [("none", "BS"), ("pgpool_ab", "CPBS")])
def test_a_statement_of_ours_that_is_missing_makes_all_uncertain(
    client: Client, server: Server, missing: str, sent: str
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, bind(b"s"), SYNC)
    gone = refused(f'prepared statement "{missing}" does not exist', "26000")
    server.answer(gone, READY)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == sent


def test_a_plan_that_is_stale_is_made_anew_at_its_next_use(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT * FROM t")
    client.send(server, bind(b"s"), SYNC)
    # S severity, V the same untranslated, C code, M message, R routine
    stale = (
        b"SERROR\0VERROR\0C0A000\0Mcached plan must not change result type\0"
        b"RRevalidateCachedQuery\0\0"
    )
    server.answer(b"E" + (4 + len(stale)).to_bytes(4, "big") + stale, READY)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "CPBS"


def test_a_close_that_may_be_thrown_away_is_not_relied_on_behind_a_sync(
    server: Server,
) -> None:
    client = Client(StatementBook(1))
    prepare(client, server, b"a", b"SELECT 1")
    prepare(client, server, b"b", b"SELECT 2")
    # The first batch evicts b; should it fail in front of that, b is still there.
    sent = client.send(server, bind(b"a"), SYNC, bind(b"b"), SYNC)
    assert kinds(sent) == "CPBS" + "CCPBS"


def test_a_digest_that_a_client_names_by_itself_is_in_doubt(server: Server) -> None:
    book = StatementBook(200)
    victim, other = Client(book), Client(book)
    name = prepare(victim, server, b"s", b"SELECT 1")
    other.send(server, bind(b"none"), close(name), SYNC)
    server.answer(CLOSED, refused("none", "26000"), READY)
    # Whether it was closed or not.
    assert kinds(victim.send(server, bind(b"s"), SYNC)) == "CPBS"


def test_what_was_parsed_while_the_server_began_to_read_otherwise_is_in_doubt(
    server: Server,
) -> None:
    book = StatementBook(200)
    one, other = Client(book), Client(book)
    prepare(one, server, b"s", b"SELECT 1")
    server.ledger.statements.on_reading_changed(1)
    assert kinds(other.send(server, parse(b"t"), SYNC)) == "CPS"
    server.answer(CLOSED, PARSED, READY)
    assert kinds(one.send(server, bind(b"s"), SYNC)) == "BS"


FAILED = b"Z\0\0\0\5" + bytes((TransactionStatus.FAILED,))
DESCRIBE = Describe(Target.STATEMENT, b"s").encode()


def fail(client: Client, server: Server) -> None:
    """Have a statement that was prepared be in doubt, in a failed transaction."""
    prepare(client, server, b"s", b"SET a.b = 1")
    server.ledger.statements.on_reading_changed(1)
    client.send(server, parse(b"", b"BEGIN"), bind(), EXECUTE, SYNC)
    server.answer(PARSED, BOUND, complete("BEGIN"), FAILED)


def test_in_a_failed_transaction_it_plays_no_part_how_a_statement_was_read(
    client: Client, server: Server
) -> None:
    fail(client, server)
    # Nothing could be parsed.
    assert kinds(client.send(server, DESCRIBE, SYNC)) == "DS"
    server.answer(refused("", "25P02"), READY)
    assert kinds(client.send(server, DESCRIBE, SYNC)) == "CPDS"


def test_behind_what_may_end_a_failed_transaction_it_does(
    client: Client, server: Server
) -> None:
    fail(client, server)
    sent = client.send(server, parse(b"", b"ROLLBACK"), bind(), EXECUTE, DESCRIBE, SYNC)
    assert kinds(sent) == "PBECPDS"


def test_in_a_failed_transaction_what_a_server_may_lack_is_not_taken_for_there(
    client: Client, server: Server
) -> None:
    fail(client, server)
    server.ledger.statements.doubt_all()
    assert kinds(client.send(server, DESCRIBE, SYNC)) == "CPDS"


REPORTED = reported("TimeZone", "CET")


def number_of(server: Server) -> int:
    """Return what the report says of the effects in front of it."""
    [event] = server.ledger.events
    assert isinstance(event, ParameterReported)
    return event.number


def test_what_is_parsed_behind_a_change_of_ours_is_not_in_doubt(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    server.ledger.skip(QUERY)
    client.send(server, parse(b"t"), SYNC)
    server.answer(complete("SET"), REPORTED)
    assert number_of(server) == 1


def test_what_is_parsed_behind_a_change_of_the_clients_is_in_doubt(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    # Its name was made of the parameters before.
    client.send(server, bind(), EXECUTE, SYNC, parse(b"t"), SYNC)
    server.answer(CLOSED, BOUND, complete("SET"), REPORTED)
    assert number_of(server) == 2


def test_what_a_failed_query_of_several_statements_has_dropped_is_in_doubt(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, Query(b"INSERT ...; DEALLOCATE ALL").encode())
    # That it was done is not told, for the INSERT fails at the end.
    server.answer(complete("INSERT 0 1"), refused(), READY)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "CPBS"


def test_what_was_there_before_a_failed_query_is(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, Query(b"INSERT ...").encode())
    server.answer(refused(), READY)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "BS"
