"""Statements that drop all others: what stands behind them waits for their end."""

import pytest

from pgwire.frontend import Query
from pgwire.statement import may_drop
from tests.fixtures.messages import READY, complete, done, kinds
from tests.pgwire.preparing import (
    BOUND,
    EXECUTE,
    PARSED,
    SYNC,
    Client,
    Server,
    bind,
    parse,
    prepare,
)

DISCARD = b"DISCARD ALL"


@pytest.mark.parametrize(
    ("text", "may"),
    [
        (b"DISCARD ALL\0", True),
        (b"deallocate all\0", True),
        (b" -- well\nDeallocate /* all */ ALL\0", True),
        (b";DISCARD ALL\0", True),
        (b"DELETE FROM t\0", False),
        (b"SELECT 'DISCARD ALL'\0", False),
        (b"\0", False),
    ],
)
def test_such_a_statement_is_known_by_its_text(text: bytes, may: bool) -> None:
    assert may_drop(text, 0) == may
    assert may_drop(b"\0" + text, 1) == may


def test_a_name_waits_behind_a_query(client: Client, server: Server) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    query = Query(DISCARD).encode()
    assert client.send(server, query, parse(b"s"), SYNC) == query
    assert client.requests.held
    server.answer(done("DISCARD ALL"))
    client.requests.drop_all()
    # It is no duplicate any more.
    assert kinds(client.send(server, parse(b"s"), SYNC)) == "PS"


def test_a_name_waits_behind_a_query_that_is_not_the_first(
    client: Client, server: Server
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    query = Query(b"SELECT 1").encode()
    client.send(server, query, Query(DISCARD).encode())
    server.answer(done())
    assert client.send(server, bind(b"s"), SYNC) == b""
    server.answer(done("DISCARD ALL"))
    assert kinds(client.send(server, bind(b"s"), SYNC)).endswith("BS")


@pytest.mark.parametrize("name", [b"", b"discard"])
def test_a_name_waits_behind_one_that_was_bound(
    client: Client, server: Server, name: bytes
) -> None:
    prepare(client, server, b"s", b"SELECT 1")
    sent = client.send(
        server, parse(name, DISCARD), bind(name), EXECUTE, parse(b"s"), SYNC
    )
    assert kinds(sent) == "PBEH"
    assert client.requests.held
    server.answer(PARSED, BOUND, complete("DISCARD ALL"))
    client.requests.drop_all()
    assert kinds(client.send(server, parse(b"s"), SYNC)) == "PS"


def test_once_all_is_over_nothing_waits(client: Client, server: Server) -> None:
    client.send(server, parse(b"", DISCARD), bind(), EXECUTE, SYNC)
    server.answer(PARSED, BOUND, complete("DISCARD ALL"), READY)
    client.send(server, parse(b"s"), bind(b"s"), EXECUTE, parse(b"t"), SYNC)
    assert not client.requests.held


def test_the_unnamed_statement_does_not_wait(client: Client, server: Server) -> None:
    client.send(server, parse(b"", DISCARD), bind(), EXECUTE, parse(), bind(), SYNC)
    assert not client.requests.held
