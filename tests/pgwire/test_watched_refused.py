"""What the watch objects to: PostgreSQL fails in its place, in the watch's words."""

import re

import pytest

from pgwire.codes import Target
from pgwire.diagnostics import error
from pgwire.frontend import Describe, FunctionCall, Query
from pgwire.naming import KEPT_LIMIT
from tests.fixtures.messages import (
    FAILED,
    READY,
    complete,
    done,
    kinds,
    refused,
    split,
)
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    PARSED,
    SYNC,
    Client,
    Server,
    bind,
    parse,
    statement_of,
)
from tests.pgwire.watching import OBJECTION, Watched, objecting

LOCK = Query(b"SELECT lock(1)").encode()
LONG = b"SELECT lock('" + b"x" * KEPT_LIMIT + b"')"
MARK = re.compile(rb"pgpool_refused_\d+")


@pytest.fixture
def client() -> Watched:
    return objecting()


@pytest.fixture
def server() -> Server:
    return Server()


def syntax_error(mark: bytes) -> bytes:
    text = f'syntax error at or near "{mark.decode()}"'
    return error("ERROR", "42601", text).encode()


def no_statement(mark: bytes) -> bytes:
    text = f'prepared statement "{mark.decode()}" does not exist'
    return error("ERROR", "26000", text).encode()


def mark_in(data: bytes) -> bytes:
    (mark,) = MARK.findall(data)
    return bytes(mark)


def errors_to(client: Client, server: Server, answer: bytes) -> list[bytes]:
    """Return the errors of an answer, as the client gets them."""
    return [
        client.requests.in_own_names(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
        for kind, body in split(server.answer(answer))
        if kind == "E"
    ]


# Simple queries


def test_a_query_is_replaced_by_one_that_fails(client: Watched, server: Server) -> None:
    sent = client.send(server, LOCK)
    mark = mark_in(sent)
    assert sent == Query(mark).encode()
    assert errors_to(client, server, syntax_error(mark) + READY) == [OBJECTION]


def test_what_stands_around_it_goes_as_it_is(client: Watched, server: Server) -> None:
    one, two = Query(b"SELECT 1").encode(), Query(b"SELECT 2").encode()
    sent = client.send(server, one, LOCK, two)
    assert sent == one + Query(mark_in(sent)).encode() + two
    answer = done() + syntax_error(mark_in(sent)) + FAILED + done()
    assert errors_to(client, server, answer) == [OBJECTION]
    assert server.ledger.settled


def test_each_gets_the_objection_to_it(client: Watched, server: Server) -> None:
    sent = client.send(server, LOCK, LOCK)
    first, second = MARK.findall(sent)
    assert first != second
    answer = syntax_error(first) + READY + syntax_error(second) + READY
    assert errors_to(client, server, answer) == [OBJECTION] * 2


def test_an_objection_is_given_once(client: Watched, server: Server) -> None:
    mark = mark_in(client.send(server, LOCK))
    plain = syntax_error(mark)
    assert client.requests.in_own_names(plain) == OBJECTION
    assert client.requests.in_own_names(plain) == plain


def test_a_mark_that_is_nobodys_is_left_alone(client: Watched) -> None:
    plain = syntax_error(b"pgpool_refused_1")
    assert client.requests.in_own_names(plain) == plain


def test_other_errors_keep_their_words_and_get_the_clients_names(
    client: Watched, server: Server
) -> None:
    client.watch.objects = False
    sent = client.send(server, parse(b"s"), SYNC)
    server.answer(PARSED, READY)
    name = split(sent)[0][1].split(b"\0")[0]
    message = refused(f'"{name.decode()}" is none')
    assert client.requests.in_own_names(message) == refused('"s" is none')


def test_of_objections_that_nobody_asks_for_the_oldest_are_forgotten(
    client: Watched, server: Server
) -> None:
    marks = [mark_in(client.send(server, LOCK)) for _ in range(17)]
    oldest, kept = syntax_error(marks[0]), syntax_error(marks[1])
    assert client.requests.in_own_names(oldest) == oldest
    assert client.requests.in_own_names(kept) == OBJECTION


def test_a_long_query_is_refused_and_its_rest_is_not_sent(
    client: Watched, server: Server
) -> None:
    message = Query(LONG).encode()
    sent = client.send(server, message[:100])
    assert sent == Query(mark_in(sent)).encode()
    assert client.send(server, message[100:200]) == b""
    after = Query(b"SELECT 2").encode()
    assert client.send(server, message[200:], after) == after
    answer = syntax_error(mark_in(sent)) + READY + done()
    assert errors_to(client, server, answer) == [OBJECTION]


def test_a_refused_query_ends_the_unnamed_statement_as_any_does(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    mark = mark_in(client.send(server, LOCK))
    server.answer(syntax_error(mark), READY)
    assert kinds(client.send(server, bind(), SYNC)) == "CBS"


# Function calls


def test_a_function_call_is_replaced_by_a_query_which_is_answered_alike(
    client: Watched, server: Server
) -> None:
    sent = client.send(server, FunctionCall(2880, (), (b"1",)).encode())
    assert sent == Query(mark_in(sent)).encode()
    answer = syntax_error(mark_in(sent)) + READY
    assert errors_to(client, server, answer) == [OBJECTION]
    assert server.ledger.settled


def test_its_arguments_are_not_sent(client: Watched, server: Server) -> None:
    call = FunctionCall(2880, (), (b"1" * 100,)).encode()
    after = Query(b"SELECT 2").encode()
    assert kinds(client.send(server, call[:20])) == "Q"
    assert client.send(server, call[20:], after) == after


def test_what_takes_its_place_ends_unnamed_statements(
    client: Watched, server: Server
) -> None:
    other = Watched(client.book)
    other.send(server, parse(), SYNC)
    server.answer(PARSED, READY)
    mark = mark_in(client.send(server, FunctionCall(2880).encode()))
    server.answer(syntax_error(mark), READY)
    assert kinds(other.send(server, bind(), SYNC)) == "PBS"


# The unnamed statement


def test_a_parse_is_replaced_by_one_that_fails(client: Watched, server: Server) -> None:
    batch = parse(sql=b"SELECT lock(1)") + bind() + EXECUTE + SYNC
    client.watch.objects = True
    sent = client.send(server, batch)
    first, second = MARK.findall(sent)
    assert split(sent)[0] == ("P", b"\0" + first + b"\0\0\0")
    # What is behind it is thrown away.
    assert kinds(sent) == "PBES"
    assert second == first
    assert len(client.watch.judged) == 1
    answer = syntax_error(first) + READY
    assert errors_to(client, server, answer) == [OBJECTION]
    assert server.ledger.settled


def test_a_refused_one_is_not_the_clients(client: Watched, server: Server) -> None:
    mark = mark_in(client.send(server, parse(sql=b"SELECT lock(1)"), SYNC))
    server.answer(syntax_error(mark), READY)
    client.watch.objects = False
    assert kinds(client.send(server, bind(), SYNC)) == "CBS"


def test_one_too_long_to_be_kept_is_refused_and_its_rest_not_sent(
    client: Watched, server: Server
) -> None:
    message = parse(sql=LONG)
    sent = client.send(server, message[:100])
    assert sent[:1] == b"P"
    assert len(sent) < 100
    assert client.send(server, message[100:], SYNC) == SYNC
    answer = syntax_error(mark_in(sent)) + READY
    assert errors_to(client, server, answer) == [OBJECTION]
    assert not client.requests.keeps_server


@pytest.mark.parametrize("sql", [b"SELECT lock(1)", LONG])
def test_the_use_of_one_that_was_allowed_may_be_refused(
    client: Watched, server: Server, sql: bytes
) -> None:
    client.watch.objects = False
    client.send(server, parse(sql=sql), SYNC)
    server.answer(PARSED, READY)
    client.watch.objects = True
    sent = client.send(server, bind(), EXECUTE, SYNC)
    assert kinds(sent) == "BES"
    assert statement_of(split(sent)[0][1]) == mark_in(sent)
    answer = no_statement(mark_in(sent)) + READY
    assert errors_to(client, server, answer) == [OBJECTION]


def test_it_is_there_all_the_same_when_it_is_allowed_again(
    client: Watched, server: Server
) -> None:
    client.watch.objects = False
    client.send(server, parse(sql=b"SELECT lock(1)"), SYNC)
    server.answer(PARSED, READY)
    client.watch.objects = True
    mark = mark_in(client.send(server, bind(), SYNC))
    server.answer(no_statement(mark), READY)
    client.watch.objects = False
    assert client.send(server, bind(), SYNC) == bind() + SYNC
    server.answer(BOUND, READY)


# Named statements


@pytest.mark.parametrize("sql", [b"SELECT lock(1)", LONG])
def test_the_use_of_a_named_one_is_refused(
    client: Watched, server: Server, sql: bytes
) -> None:
    client.send(server, parse(b"s", sql), SYNC)
    server.answer(PARSED, READY)
    sent = client.send(server, bind(b"s"), EXECUTE, SYNC)
    assert kinds(sent) == "BES"
    assert statement_of(split(sent)[0][1]) == mark_in(sent)
    answer = no_statement(mark_in(sent)) + READY
    assert errors_to(client, server, answer) == [OBJECTION]


def test_so_is_its_description(client: Watched, server: Server) -> None:
    client.send(server, parse(b"s", b"SELECT lock(1)"), SYNC)
    server.answer(PARSED, READY)
    sent = client.send(server, Describe(Target.STATEMENT, b"s").encode(), SYNC)
    assert split(sent)[0] == ("D", b"S" + mark_in(sent) + b"\0")


def test_behind_an_error_nothing_is_replaced(client: Watched, server: Server) -> None:
    client.send(server, bind(b"missing"))
    server.answer(CLOSED, refused())
    assert client.send(server, LOCK, SYNC) == LOCK + SYNC
    server.answer(READY)
    assert client.watch.judged == []


def test_what_is_refused_in_pieces_is_refused_as_a_whole(
    client: Watched, server: Server
) -> None:
    stream = LOCK + parse(sql=b"SELECT lock(2)") + bind() + EXECUTE + SYNC
    pending = got = b""
    for byte in stream:
        pending += bytes((byte,))
        got += client.send(server, pending)
        pending = pending[client.used :]
    assert got == objecting().send(Server(), stream)
    first, second, _ = MARK.findall(got)
    answer = syntax_error(first) + READY + syntax_error(second) + READY
    assert errors_to(client, server, answer) == [OBJECTION] * 2
    client.watch.objects = False
    assert client.send(server, LOCK) == LOCK
    assert server.answer(complete(), READY) == complete() + READY
