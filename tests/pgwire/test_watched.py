"""Requests of a client whose session state is kept: what is judged, and how often."""

import struct

import pytest

from pgwire.classification import UNSEEN
from pgwire.errors import ProtocolViolation
from pgwire.frontend import FunctionCall, Parse, Query
from pgwire.ledger import Ledger
from pgwire.naming import KEPT_LIMIT
from tests.fixtures.messages import READY, complete, done, kinds, refused
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    PARSED,
    SYNC,
    Server,
    bind,
    close,
    parse,
)
from tests.pgwire.watching import LOCKS, Watched

HARMLESS = Query(b"SELECT 1").encode()
LOCK = Query(b"SELECT lock(1)").encode()
OTHER = Query(b"SELECT other(1)").encode()
LONG = b"SELECT lock('" + b"x" * KEPT_LIMIT + b"')"


@pytest.fixture
def client() -> Watched:
    return Watched()


@pytest.fixture
def server() -> Server:
    return Server()


def function_call(oid: int) -> bytes:
    return FunctionCall(oid, (), (), 0).encode()


# A simple Query


def test_what_a_glance_finds_harmless_goes_the_short_way(client: Watched) -> None:
    requests = client.requests
    assert requests.lone_query(memoryview(HARMLESS), len(HARMLESS)) == HARMLESS
    assert not requests.lone_query(memoryview(LOCK), len(LOCK))
    assert client.watch.judged == []


@pytest.mark.parametrize(
    "data",
    [
        HARMLESS[:-1],
        HARMLESS + SYNC,
        SYNC,
        # Length 4: not even the NUL of its text.
        b"Q\0\0\0\4",
    ],
)
def test_only_one_whole_query_does(client: Watched, data: bytes) -> None:
    assert not client.requests.lone_query(memoryview(data), len(data))


@pytest.mark.parametrize("digit", [b"4", b"6"])
def test_nor_does_what_is_like_one_but_for_a_length_that_is_a_digit_as_well(
    client: Watched, digit: bytes
) -> None:
    # Int32 length 4 + 48 + 1 is the character 5.
    query = Query(b"SELECT '%s'" % (b"x" * 39)).encode()
    assert query[4:5] == b"5"
    lone_query = client.requests.lone_query
    assert lone_query(memoryview(query), len(query)) == query
    like_it = query[:4] + digit + query[5:]
    assert lone_query(memoryview(like_it), len(query)) is None


def test_nor_does_one_that_ends_an_unnamed_statement(
    client: Watched, server: Server
) -> None:
    client.send(server, parse())
    assert not client.requests.lone_query(memoryview(HARMLESS), len(HARMLESS))


def test_a_text_behind_the_query_is_not_looked_at(client: Watched) -> None:
    view = memoryview(HARMLESS + b"SELECT lock(1)\0")
    assert client.requests.lone_query(view, len(HARMLESS)) == HARMLESS


def test_any_other_is_judged_once_with_its_text(
    client: Watched, server: Server
) -> None:
    assert client.send(server, LOCK) == LOCK
    assert client.watch.judged == [(LOCKS, b"SELECT lock(1)")]
    assert client.requests.ties


def test_what_turns_out_to_touch_nothing_is_not_told(
    client: Watched, server: Server
) -> None:
    assert client.send(server, OTHER, HARMLESS) == OTHER + HARMLESS
    assert client.watch.judged == []
    assert not client.requests.ties


def test_each_of_several_is_judged(client: Watched, server: Server) -> None:
    stream = LOCK + HARMLESS + Query(b"lock 2").encode()
    assert client.send(server, stream) == stream
    assert client.watch.texts() == [b"SELECT lock(1)", b"lock 2"]


def test_a_text_that_is_not_all_here_waits(client: Watched, server: Server) -> None:
    assert client.send(server, SYNC, LOCK[:-1]) == SYNC
    assert client.used == len(SYNC)
    assert client.watch.judged == []
    assert client.send(server, LOCK) == LOCK
    assert client.watch.texts() == [b"SELECT lock(1)"]


def test_one_too_long_to_be_waited_for_is_unseen(
    client: Watched, server: Server
) -> None:
    message = Query(LONG).encode()
    assert client.send(server, message[:100]) == message[:100]
    assert client.watch.judged == [(UNSEEN, message[5:100])]
    assert client.send(server, message[100:]) == message[100:]
    assert len(client.watch.judged) == 1


def test_a_long_one_that_is_all_here_is_read(client: Watched, server: Server) -> None:
    message = Query(LONG).encode()
    assert client.send(server, message) == message
    assert client.watch.judged == [(LOCKS, LONG)]


def test_a_query_that_is_thrown_away_is_not_judged(
    client: Watched, server: Server
) -> None:
    client.send(server, bind(b"missing"))
    server.answer(CLOSED, refused())
    client.send(server, LOCK, SYNC)
    assert client.watch.judged == []


def test_a_query_that_must_wait_is_judged_when_it_goes(
    client: Watched, server: Server
) -> None:
    client.send(server, bind(b"missing"), LOCK)
    assert client.requests.held
    assert client.watch.judged == []


# A FunctionCall


@pytest.mark.parametrize(
    "oid",
    [
        2078,  # set_config
        2880,  # pg_advisory_lock(bigint)
        2923,  # query_to_xml, which runs a text
        16384,  # the first that is not PostgreSQL's own
    ],
)
def test_a_call_of_what_may_touch_the_session_is_unseen(
    client: Watched, server: Server, oid: int
) -> None:
    call = function_call(oid)
    assert client.send(server, call) == call
    assert client.watch.judged == [(UNSEEN, b"")]


@pytest.mark.parametrize("oid", [715, 952, 3460])  # lo_create, lo_open, lo_put
def test_a_call_of_large_objects_is_not_judged(
    client: Watched, server: Server, oid: int
) -> None:
    assert client.send(server, function_call(oid)) == function_call(oid)
    assert client.watch.judged == []


def test_a_call_waits_for_its_function(client: Watched, server: Server) -> None:
    call = function_call(2880)
    for size in range(5, 9):
        assert client.send(server, call[:size]) == b""
        assert client.used == 0
    assert client.send(server, call[:9]) == call[:9]
    assert client.watch.judged == [(UNSEEN, b"")]
    assert client.send(server, call[9:]) == call[9:]
    assert len(client.watch.judged) == 1


# The unnamed statement


def test_an_unnamed_statement_is_judged_when_parsed_and_at_each_use(
    client: Watched, server: Server
) -> None:
    touching = parse(sql=b"SELECT lock(1)")
    assert client.send(server, touching + SYNC) == touching + SYNC
    assert client.watch.texts() == [b"SELECT lock(1)"]
    server.answer(PARSED, READY)
    for _ in range(2):
        batch = bind() + EXECUTE + SYNC
        assert client.send(server, batch) == batch
        server.answer(BOUND, complete(), READY)
        assert client.watch.texts() == [b"SELECT lock(1)"]


def test_a_use_in_the_batch_of_its_parse_is_judged_too(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(sql=b"SELECT lock(1)"), bind(), EXECUTE, SYNC)
    assert client.watch.texts() == [b"SELECT lock(1)"] * 2


def test_a_harmless_one_is_never_judged(client: Watched, server: Server) -> None:
    batch = parse() + bind() + EXECUTE + SYNC
    assert client.send(server, batch) == batch
    server.answer(PARSED, BOUND, complete(), READY)
    client.send(server, bind(), SYNC)
    assert client.watch.judged == []
    assert not client.requests.ties


def test_one_that_may_drop_all_statements_is_judged_and_waited_for(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(b"s"), SYNC)
    server.answer(PARSED, READY)
    client.send(server, parse(sql=b"DISCARD ALL -- lock"), bind(), EXECUTE, SYNC)
    assert client.watch.texts() == [b"DISCARD ALL -- lock"] * 2
    assert client.send(server, bind(b"s"), SYNC) == b""
    assert client.requests.held


def test_one_too_long_to_be_kept_is_unseen_when_parsed_and_at_each_use(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(sql=LONG), SYNC)
    assert client.watch.judged == [(UNSEEN, b"")]
    server.answer(PARSED, READY)
    client.send(server, bind(), SYNC)
    assert client.watch.judged == [(UNSEEN, b"")] * 2


def test_a_closed_one_is_not_judged(client: Watched, server: Server) -> None:
    client.send(server, parse(sql=b"SELECT lock(1)"), close(), SYNC)
    server.answer(PARSED, CLOSED, READY)
    client.watch.judged.clear()
    client.send(server, bind(), SYNC)
    assert client.watch.judged == []


# Named statements


def test_a_named_statement_is_judged_when_used(client: Watched, server: Server) -> None:
    client.send(server, parse(b"s", b"SELECT lock(1)"), SYNC)
    assert client.watch.judged == []
    server.answer(PARSED, READY)
    client.send(server, bind(b"s"), SYNC)
    client.send(server, bind(b"s"), SYNC)
    assert client.watch.judged == [(LOCKS, b"SELECT lock(1)")] * 2


def test_a_harmless_named_statement_is_not(client: Watched, server: Server) -> None:
    client.send(server, parse(b"s"), bind(b"s"), SYNC)
    assert client.watch.judged == []


def test_one_that_its_server_alone_knows_is_unseen(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(b"s", LONG), bind(b"s"), SYNC)
    assert client.watch.judged == [(UNSEEN, b"")]


def test_a_name_that_stands_for_nothing_is_postgresqls_to_refuse(
    client: Watched, server: Server
) -> None:
    client.send(server, bind(b"none"), SYNC)
    assert client.watch.judged == []


# Statements that were read under parameters not known yet


def test_a_statement_parsed_in_an_unknown_context_belongs_to_that_found_out(
    client: Watched, server: Server
) -> None:
    client.watch.reads_otherwise = True
    client.send(server, parse(b"s", b"SELECT '1'"), SYNC)
    server.answer(PARSED, READY)
    client.watch.reads_otherwise = False
    (before,) = client.requests.names.values()
    client.requests.reread(b"datestyle\0German, DMY\0")
    (after,) = client.requests.names.values()
    assert before is not None
    assert after is not None
    assert (before.context, after.context) == (b"", b"datestyle\0German, DMY\0")
    # The server has only what was read in the other one.
    client.context = b"datestyle\0German, DMY\0"
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBS"


def test_one_parsed_in_a_known_context_stays_in_it(
    client: Watched, server: Server
) -> None:
    client.send(server, parse(b"s", b"SELECT '1'"), SYNC)
    server.answer(PARSED, READY)
    client.requests.reread(b"datestyle\0German, DMY\0")
    (statement,) = client.requests.names.values()
    assert statement is not None
    assert statement.context == b""


def test_one_that_is_gone_or_its_servers_own_is_not_read_again(
    client: Watched, server: Server
) -> None:
    client.watch.reads_otherwise = True
    client.send(server, parse(b"s"), close(b"s"), parse(b"long", LONG), SYNC)
    client.requests.reread(b"datestyle\0German, DMY\0")
    assert client.requests.names == {b"long": None}


def test_it_is_read_again_once(client: Watched, server: Server) -> None:
    client.watch.reads_otherwise = True
    client.send(server, parse(b"s", b"SELECT '1'"), SYNC)
    server.answer(PARSED, READY)
    client.requests.reread(b"datestyle\0German, DMY\0")
    client.requests.reread(b"")
    (statement,) = client.requests.names.values()
    assert statement is not None
    assert statement.context == b"datestyle\0German, DMY\0"


# Once more, byte by byte

CONVERSATION = (
    (HARMLESS + LOCK + OTHER, done() * 3),
    (parse(sql=b"SELECT lock(2)") + bind() + EXECUTE + SYNC, b""),
    (b"", PARSED + BOUND + complete() + READY),
    (parse(b"s", b"SELECT lock(3)") + bind(b"s") + EXECUTE + SYNC, b""),
    (b"", PARSED + BOUND + complete() + READY),
    (function_call(2880), b"V" + struct.pack("!Ii", 8, -1) + READY),
    (Query(b"lock 4").encode(), done()),
)
JUDGED = [
    b"SELECT lock(1)",
    *[b"SELECT lock(2)"] * 2,
    b"SELECT lock(3)",
    b"",
    b"lock 4",
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_conversation_in_pieces(client: Watched, server: Server, size: int) -> None:
    """Whatever the pieces are, the same is sent and the same judged."""
    whole = Watched()
    expected = got = b""
    other = Server()
    for sent, answered in CONVERSATION:
        expected += whole.send(other, sent)
        other.answer(answered)
        pending = b""
        for at in range(0, len(sent), size):
            pending += sent[at : at + size]
            got += client.send(server, pending)
            pending = pending[client.used :]
        assert pending == b""
        server.answer(answered)
    assert got == expected
    assert whole.watch.texts() == client.watch.texts() == JUDGED


def test_what_postgresql_would_not_survive_is_refused(client: Watched) -> None:
    with pytest.raises(ProtocolViolation):
        client.requests.receive(memoryview(b"Q\0\0\0\3"), 5, Ledger(), b"")


def test_a_parse_without_an_end_is_postgresqls_to_refuse(
    client: Watched, server: Server
) -> None:
    # The text has no NUL in it.
    message = Parse(b"", b"SELECT 1").encode()[:-3]
    message = message[:1] + struct.pack("!I", len(message) - 1) + message[5:]
    assert client.send(server, message) == message
