"""What is kept for one connection."""

from pgpool_py.pooler.holdings import NOTHING, Held, held_for_client, held_for_server
from tests.pooler.staging import Stage

PARSE = b"P\0\0\0\x13one\0SELECT 1\0\0\0"


def test_nothing_is_kept_for_the_idle(stage: Stage) -> None:
    pool = stage.pool()
    assert held_for_client(stage.client(pool)) == NOTHING
    assert held_for_server(stage.server(pool)) == NOTHING
    assert NOTHING.idle


def test_a_statement_that_was_prepared_is_none_on_its_way() -> None:
    assert Held(statements=1).idle
    assert not Held(received=1).idle
    assert not Held(coming=1).idle
    assert not Held(unsent=1).idle


def test_what_a_client_sent_and_does_not_read_is_counted(stage: Stage) -> None:
    client = stage.client(stage.pool())
    client.requests.pending = bytearray(b"Q" * 11)
    client.requests.half_sent = 5
    size = 1 << 23
    client.stream.write(bytes(size))
    held = held_for_client(client)
    assert (held.received, held.coming, held.statements) == (11, 5, 0)
    assert 0 < held.unsent == client.stream.backlog < size


def test_statements_are_counted_as_each_side_has_them(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool, client)
    client.requests.receive(memoryview(PARSE), len(PARSE), server.ledger, b"")
    assert held_for_client(client).statements == 1
    assert held_for_server(server).statements == 1


def test_the_rest_of_a_reply_is_still_to_come(stage: Stage) -> None:
    server = stage.server(stage.pool())
    server.ledger.rest = 1000
    assert held_for_server(server) == Held(coming=1000)
