"""A client's prepared statements: what its server gets of what it says of them."""

import pytest

from pgwire import exchange as entries
from pgwire.client_statements import SIZE_LIMIT
from pgwire.codes import Target, TransactionStatus
from pgwire.errors import ProtocolViolation
from pgwire.frontend import Bind, Close, Describe
from pgwire.naming import KEPT_LIMIT, NAMES_LIMIT
from pgwire.reading import context_of
from pgwire.statement import PREFIX, StatementBook
from tests.fixtures.messages import READY, complete, kinds, refused, split
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
    prepare,
    statement_of,
)

# It ends a transaction, and how its literal is read is a matter of parameters.
ALONE = b"PREPARE TRANSACTION 'x'"

# Named statements


def test_a_statement_has_a_name_of_ours_on_the_server(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s", b"SELECT 1")
    assert name.startswith(PREFIX)
    assert len(name) < 64
    sent = client.send(server, bind(b"s"), EXECUTE, SYNC)
    assert kinds(sent) == "BES"
    bound = Bind.decode(split(sent)[0][1])
    assert bound == Bind(b"", name, (), (b"value",), ())


def test_a_statement_is_described_by_the_name_of_ours(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s", b"SELECT 1")
    sent = client.send(server, Describe(Target.STATEMENT, b"s").encode())
    assert sent == Describe(Target.STATEMENT, name).encode()


def test_two_clients_share_one_statement_and_not_its_name(server: Server) -> None:
    book = StatementBook(200)
    one, other = Client(book), Client(book)
    first = prepare(one, server, b"s", b"SELECT 1")
    assert prepare(other, server, b"s", b"SELECT 2") != first
    assert prepare(other, server, b"t", b"SELECT 1") == first


def test_a_server_counts_how_often_it_had_what_was_needed(server: Server) -> None:
    client, elsewhere = Client(StatementBook(200)), Server()
    prepare(client, server, b"s", b"SELECT 1")
    for where, parsed in ((server, b""), (elsewhere, PARSED), (elsewhere, b"")):
        client.send(where, bind(b"s"), EXECUTE, SYNC)
        where.answer(parsed, BOUND, complete(), READY)
    counted = [
        (where.ledger.statements.hits, where.ledger.statements.misses)
        for where in (server, elsewhere)
    ]
    assert counted == [(1, 0), (1, 1)]


def test_who_only_looks_whether_a_statement_is_there_counts_nothing(
    server: Server,
) -> None:
    statements, name = server.ledger.statements, b"pgpool_ab"
    statements.add(name)
    assert statements.has(name)
    assert (statements.hits, statements.misses) == (0, 0)


@pytest.mark.parametrize("context", [b"timezone\0CET\0", b"datestyle\0German\0"])
def test_what_was_read_under_other_parameters_is_another_statement(
    context: bytes, server: Server
) -> None:
    book = StatementBook(200)
    one, other = Client(book), Client(book, context)
    assert prepare(one, server, b"s", b"SELECT 1") != prepare(
        other, server, b"s", b"SELECT 1"
    )


def test_context_and_text_are_not_mixed_up() -> None:
    book = StatementBook(200)
    assert book.of(b"bc", b"a").name != book.of(b"c", b"ab").name


def test_a_book_tells_the_size_of_each_statement_that_somebody_has() -> None:
    book = StatementBook(200)
    held = [book.of(content, b"") for content in (b"SELECT 1", b"SELECT 22")]
    held.append(book.of(b"SELECT 1", b""))
    assert sorted(book.sizes()) == [8, 9]
    held.clear()
    assert book.sizes() == []


@pytest.mark.parametrize("sql", [b"COMMIT", b"VACUUM t", b'SET x TO "Y"'])
def test_what_is_read_alike_under_all_parameters_is_parsed_as_it_is(
    client: Client, server: Server, sql: bytes
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", sql)
    client.context = b""
    assert kinds(client.send(server, close(), bind(b"s"), SYNC)) == "CPBS"


@pytest.mark.parametrize("sql", [b"SET x = 'a'", rb"COMMIT \\", b"SET x TO \xe4"])
def test_where_something_is_quoted_or_encoded_it_is_not(
    client: Client, server: Server, sql: bytes
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", sql)
    client.context = b""
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBECPPBECS" + "BS"


def test_what_may_only_stand_alone_is_the_first_of_its_batch(
    client: Client, server: Server
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", ALONE)
    client.context = b""
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBECPPBECS" + "BS"
    set_one = PARSED + BOUND + complete() + CLOSED
    replies = (set_one, PARSED, set_one, READY, BOUND, READY)
    assert server.answer(*replies) == BOUND + READY


def test_it_is_so_behind_parameters_that_were_set_for_the_link(
    client: Client, server: Server
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", ALONE)
    client.context = b""
    server.ledger.skip(entries.PARSE, entries.BIND, entries.EXECUTE, entries.SYNC)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBECPPBECS" + "BS"


def test_it_is_not_behind_a_query_whose_end_is_not_known(
    client: Client, server: Server
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", ALONE)
    client.context = b""
    server.ledger.status = TransactionStatus.IN_TRANSACTION
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBECPPBEC" + "BS"


def test_within_a_batch_it_stays_so(client: Client, server: Server) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", ALONE)
    client.context = b""
    sent = client.send(server, parse(), bind(), EXECUTE, bind(b"s"), SYNC)
    assert kinds(sent) == "PBE" + "PBECPPBEC" + "BS"


def test_a_client_with_very_many_statements_is_told_the_servers_names(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s", b"SELECT $1").decode()
    for number in range(1000):
        client.send(server, parse(b"%d" % number))
    assert client.requests.in_own_names(refused(f'"{name}"')) == refused(f'"{name}"')


def test_names_that_were_closed_are_not_kept_without_end(
    client: Client, server: Server
) -> None:
    for number in range(5000):
        client.send(server, parse(b"s", b"SELECT %d" % number), close(b"s"))
    assert len(client.requests._former) <= 1001


def test_a_server_that_has_it_not_gets_it_in_front(client: Client) -> None:
    prepare(client, Server(), b"s", b"SELECT 1")
    server = Server()
    sent = client.send(server, bind(b"s"), EXECUTE, SYNC)
    assert kinds(sent) == "PBES"
    # ParseComplete is ours.
    assert server.answer(PARSED, BOUND, complete(), READY) == (
        BOUND + complete() + READY
    )
    assert kinds(client.send(server, bind(b"s"), EXECUTE, SYNC)) == "BES"


def test_a_statement_that_is_there_is_parsed_anew_for_another_client(
    server: Server,
) -> None:
    book = StatementBook(200)
    prepare(Client(book), server, b"s", b"SELECT 1")
    sent = Client(book).send(server, parse(b"s"), SYNC)
    assert kinds(sent) == "CPS"
    assert server.answer(CLOSED, PARSED, READY) == PARSED + READY


def test_a_name_in_use_is_refused_by_postgresql_under_that_name(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    sent = client.send(server, parse(b"s", b"SELECT 2"), SYNC)
    # One that is there, so that the client's own fails; and none of it is left.
    assert sent == parse(b"s", b"") + parse(b"s", b"SELECT 2") + SYNC + (
        close(b"s") + SYNC
    )
    refusal = refused('prepared statement "s" already exists', "42P05")
    assert server.answer(PARSED, refusal, READY, CLOSED, READY) == refusal + READY
    assert server.ledger.settled
    assert kinds(client.send(server, bind(b"s"), EXECUTE, SYNC)) == "BES"


def test_a_name_that_is_not_in_use_is_refused_under_that_name(
    client: Client, server: Server
) -> None:
    sent = client.send(server, bind(b"s"), EXECUTE, SYNC)
    assert sent == close(b"s") + bind(b"s") + EXECUTE + SYNC
    refusal = refused('prepared statement "s" does not exist', "26000")
    assert server.answer(CLOSED, refusal, READY) == refusal + READY


def test_a_closed_statement_is_gone_for_its_client_alone(server: Server) -> None:
    book = StatementBook(200)
    one, other = Client(book), Client(book)
    prepare(one, server, b"s", b"SELECT 1")
    prepare(other, server, b"s", b"SELECT 1")
    assert one.send(server, close(b"s"), SYNC) == close(b"s") + SYNC
    assert server.answer(CLOSED, READY) == CLOSED + READY
    assert kinds(one.send(server, bind(b"s"), SYNC)) == "CBS"
    server.answer(CLOSED, refused(), READY)
    # An error of that kind makes us doubt what else is there.
    assert kinds(other.send(server, bind(b"s"), SYNC)) == "BS"


def test_after_close_a_name_may_be_given_again_in_the_same_batch(
    client: Client, server: Server
) -> None:
    first = prepare(client, server, b"s", b"SELECT 1")
    sent = client.send(server, close(b"s"), parse(b"s", b"SELECT 2"), bind(b"s"), SYNC)
    assert kinds(sent) == "CPBS"
    assert statement_of(split(sent)[2][1]) != first


def test_a_portal_has_no_part_in_it(client: Client, server: Server) -> None:
    sent = Describe(Target.PORTAL, b"s").encode() + Close(Target.PORTAL, b"s").encode()
    assert client.send(server, sent) == sent


# The servers' limit


def test_the_statement_used_least_recently_makes_room(server: Server) -> None:
    client = Client(StatementBook(2))
    first = prepare(client, server, b"a", b"SELECT 1")
    second = prepare(client, server, b"b", b"SELECT 2")
    client.send(server, bind(b"a"), SYNC)
    server.answer(BOUND, READY)
    sent = client.send(server, parse(b"c", b"SELECT 3"), SYNC)
    assert kinds(sent) == "CPS"
    assert Close.decode(split(sent)[0][1]).name == second
    server.answer(CLOSED, PARSED, READY)
    sent = client.send(server, bind(b"b"), SYNC)
    assert kinds(sent) == "CPBS"
    assert Close.decode(split(sent)[0][1]).name == first


# What cannot travel


def test_a_parse_that_is_too_long_goes_as_it_is_and_keeps_its_server(
    client: Client, server: Server
) -> None:
    long = parse(b"s", b"x" * KEPT_LIMIT)
    assert client.send(server, long, SYNC) == long + SYNC
    assert client.requests.keeps_server
    server.answer(PARSED, READY)
    assert client.send(server, bind(b"s"), SYNC) == bind(b"s") + SYNC


def test_one_that_is_refused_keeps_nothing(client: Client, server: Server) -> None:
    client.send(server, parse(b"s", b"x" * KEPT_LIMIT), SYNC)
    server.answer(refused(), READY)
    assert not client.requests.keeps_server
    assert kinds(client.send(server, parse(b"s"), SYNC)) == "PS"


def test_beyond_a_limit_statements_stay_where_they_are_made(
    client: Client, server: Server
) -> None:
    each = KEPT_LIMIT - 100
    for number in range(SIZE_LIMIT // each + 1):
        prepare(client, server, b"s%d" % number, b"%09d" % number + b"x" * each)
    assert not client.requests.keeps_server
    assert client.send(server, parse(b"t"), SYNC) == parse(b"t") + SYNC
    assert client.requests.keeps_server


def test_many_names_cost_no_more_than_few(client: Client, server: Server) -> None:
    for number in range(2000):
        prepare(client, server, b"s%d" % number, b"SELECT 1")
    # Each used to look at all names.
    client.send(server, *(close() for _ in range(20_000)), SYNC)


def test_names_are_cut_where_postgresql_cuts_them(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s" * 63, b"SELECT 1")
    sent = client.send(server, bind(b"s" * 70), SYNC)
    assert Bind.decode(split(sent)[0][1]) == Bind(b"", name, (), (b"value",), ())


def test_so_does_an_unnamed_one_until_there_is_another(
    client: Client, server: Server
) -> None:
    long = parse(b"", b"x" * KEPT_LIMIT)
    assert client.send(server, long, SYNC) == long + SYNC
    assert client.requests.keeps_server
    client.send(server, parse())
    assert not client.requests.keeps_server


def test_where_names_stay_as_they_are_a_name_keeps_its_server(server: Server) -> None:
    client = Client(context=None)
    batch = parse(b"s") + bind(b"s") + bind(b"t") + close(b"u") + SYNC
    assert client.send(server, batch) == batch
    assert client.requests.keeps_server


# Names in pieces


def test_a_message_in_pieces_waits_for_its_name(client: Client) -> None:
    prepare(client, Server(), b"s", b"SELECT 1")
    server = Server()
    pending, out = b"", b""
    for byte in bind(b"s") + SYNC:
        pending += bytes((byte,))
        out += client.send(server, pending)
        pending = pending[client.used :]
    assert pending == b""
    assert kinds(out) == "PBS"


def test_a_name_has_a_limit(client: Client, server: Server) -> None:
    with pytest.raises(
        ProtocolViolation, match=f"longer than {NAMES_LIMIT} bytes"
    ) as e:
        client.send(server, bind(b"s" * NAMES_LIMIT))
    assert f"may have {NAMES_LIMIT} bytes" in str(e.value.detail)
    assert "shorter names" in str(e.value.hint)


def test_a_bind_without_the_end_of_a_name_is_postgresqls_to_refuse(
    client: Client, server: Server
) -> None:
    # 'B', length 12, 8 bytes without a NUL
    message = b"B\0\0\0\x0cabcdefgh"
    assert client.send(server, message) == message


def test_the_status_plays_no_part(client: Client, server: Server) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, bind(b"s"), SYNC)
    failed = b"Z\0\0\0\5" + bytes((TransactionStatus.FAILED,))
    server.answer(BOUND, failed)
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "BS"


def test_an_error_names_a_statement_as_its_client_does(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s", b"SELECT $1").decode()
    error = refused(f'no parameter of "{name}"', "08P01")
    assert client.requests.in_own_names(error) == refused(
        'no parameter of "s"', "08P01"
    )


def test_an_error_names_a_statement_that_was_closed_meanwhile(
    client: Client, server: Server
) -> None:
    name = prepare(client, server, b"s", b"SELECT $1").decode()
    client.send(server, bind(b"s"), SYNC, close(b"s"), SYNC)
    assert client.requests.in_own_names(refused(f'"{name}"')) == refused('"s"')
