"""A server that is shared, when it dies, or clients cancel or leave."""

import pytest

from pgpool_py.pooler.orders import kill_client
from tests.fixtures.messages import (
    READY,
    complete,
    fatal,
    kinds,
    query,
    told,
)
from tests.pgwire.replies import COLUMNS, row
from tests.pooler.sharing import (
    CANCELED,
    WRITE,
    WRITTEN,
    Share,
    Shared,
    answers,
    asks,
    batch,
    batch_answers,
)

# Cancel


def test_whoever_follows_is_taken_back_before_a_head_is_cancelled(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.received()
    shared.cancel(0)
    assert not shared.pool.multiplexing.pipelines
    assert len(shared.pool.books.waiters) == 2
    assert shared.cancelled()
    # It may hit any of them: none is told.
    shared.send(shared.servers[0], answers(0) + CANCELED + answers(2))
    assert shared.told() == [answers(0), b"", b""]
    assert shared.received() == [asks(1)]
    shared.answer(1)
    shared.answer(2)
    assert shared.told() == [b"", answers(1), answers(2)]
    assert shared.shelved()


def test_nothing_is_lent_while_a_cancel_is_on_its_way(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.received()
    shared.cancel(0)
    shared.send(shared.servers[0], CANCELED + answers(1))
    assert shared.told() == [CANCELED, b"", b""]
    assert shared.received() == [b""]
    assert shared.cancelled()
    assert shared.received() == [query("")]
    shared.send(shared.servers[0], b"I\0\0\0\4" + READY)
    assert shared.received() == [asks(1)]


def test_a_follower_is_cancelled_without_a_word_to_postgresql(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.cancel(1)
    assert not shared.cancelled()
    assert shared.told() == [b"", CANCELED, b""]
    # It goes on.
    shared.ask(1)
    shared.received()
    shared.answer(0, 8, 2)
    shared.answer(1)
    assert shared.told() == [answers(0), answers(1), answers(2)]
    assert shared.shelved()


def test_so_is_a_batch_that_follows(share: Share) -> None:
    shared = share()
    shared.ask(0)
    shared.send(shared.clients[1], batch(1))
    shared.cancel(1)
    assert not shared.cancelled()
    assert shared.told() == [b"", CANCELED, b""]
    shared.send(shared.clients[1], batch(5))
    shared.send(shared.servers[0], answers(0) + batch_answers(1))
    shared.send(shared.servers[0], batch_answers(5))
    assert shared.told() == [answers(0), batch_answers(5), b""]


def test_a_follower_that_has_become_the_head_is_cancelled_as_one(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.answer(0)
    shared.send(shared.servers[0], COLUMNS)
    shared.told()
    shared.cancel(1)
    assert shared.cancelled()
    shared.send(shared.servers[0], CANCELED + answers(2))
    assert shared.told() == [b"", COLUMNS + CANCELED, b""]


def test_one_that_was_taken_back_is_cancelled_without_a_word(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0, 1, 2, first=WRITE)
    shared.let_pass(0.02)
    shared.cancel(1)
    assert not shared.cancelled()
    assert shared.told() == [b"", CANCELED, b""]
    shared.send(shared.servers[0], WRITTEN + answers(1) + answers(2))
    assert shared.received() == [WRITE + asks(1) + asks(2) + asks(2)]


# Clients leave


def test_a_follower_that_leaves_is_answered_to_nobody(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.clients[1].close()
    shared.house.turn()
    for piece in (answers(0) + COLUMNS, answers(1)[len(COLUMNS) :] + answers(2)):
        shared.send(shared.servers[0], piece)
    assert shared.clients[0].received() == answers(0)
    assert shared.clients[2].received() == answers(2)
    assert shared.shelved()


def trickle(shared: Shared) -> None:
    """Let a server send something so often that it is not silent, for half a second."""
    for _ in range(250):
        shared.send(shared.servers[0], row())
        shared.let_pass(0.002)


def test_a_head_that_leaves_holds_nobody_up(share: Share) -> None:
    shared = share(client_gone_grace=0.1)
    shared.house.pooler.start()
    shared.learn()
    shared.ask(0, 1, 2)
    shared.received()
    shared.send(shared.servers[0], COLUMNS)
    shared.clients[0].close()
    trickle(shared)
    assert shared.cancelled()
    assert len(shared.pool.books.waiters) == 2


def test_nor_does_a_follower_that_had_left_when_it_was_answered(share: Share) -> None:
    shared = share(client_gone_grace=0.1)
    shared.house.pooler.start()
    shared.learn()
    shared.ask(0, 1, 2)
    shared.clients[1].close()
    shared.send(shared.servers[0], answers(0) + COLUMNS)
    trickle(shared)
    assert shared.cancelled()
    assert len(shared.pool.books.waiters) == 1


def test_when_all_are_gone_so_is_the_sharing(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    for client in shared.clients:
        client.close()
    shared.house.turn()
    assert not shared.pool.multiplexing.pipelines
    shared.answer(0, 1, 2)
    assert shared.shelved()


def test_a_client_that_is_closed_within_a_message_is_told_nothing(
    share: Share,
) -> None:
    shared = share(query_timeout=1.0)
    shared.house.pooler.start()
    shared.ask(0, 1)
    long = row(b"x" * 100_000)
    shared.send(shared.servers[0], COLUMNS + long[:50_000])
    session = shared.sessions[shared.clients[0]]
    told_before = shared.clients[0].received()
    assert told_before == COLUMNS + long[:50_000]
    assert kill_client(shared.house.pooler, session.identity.number)
    shared.house.turn()
    assert shared.clients[0].received() == b""
    assert shared.clients[0].ended
    shared.send(shared.servers[0], long[50_000:] + complete() + READY + answers(1))
    assert shared.clients[1].received() in (b"", answers(1))


# The server is gone


@pytest.mark.parametrize("word", [b"", fatal()])
def test_the_head_of_a_server_that_dies_is_told_the_others_run_elsewhere(
    share: Share, word: bytes
) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], word)
    shared.servers[0].close()
    shared.house.turn()
    first = shared.clients[0].received()
    assert told(first)[:2] == ("FATAL", "57P01" if word else "08006")
    assert shared.clients[0].ended
    server = shared.log_in_at_once()
    assert server.received() == asks(1)
    shared.send(server, answers(1))
    assert server.received() == asks(2)
    shared.send(server, answers(2))
    assert [c.received() for c in shared.clients[1:]] == [answers(1), answers(2)]


def test_what_was_answered_before_it_dies_is_told(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.servers[0].send(answers(0) + answers(1))
    shared.servers[0].close()
    shared.house.turn()
    assert shared.told() == [answers(0), answers(1), b""]


def test_a_follower_that_was_being_answered_is_run_again(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], answers(0) + COLUMNS + row())
    shared.servers[0].close()
    shared.house.turn()
    assert shared.told() == [answers(0), b"", b""]
    server = shared.log_in_at_once()
    assert server.received() == asks(1)
    shared.send(server, answers(1))
    assert server.received() == asks(2)
    shared.send(server, answers(2))
    assert shared.told() == [b"", answers(1), answers(2)]


def test_once(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.answer(0)
    shared.servers[0].close()
    shared.house.turn()
    server = shared.log_in_at_once()
    assert server.received() == asks(1)
    server.close()
    shared.house.turn()
    assert told(shared.clients[1].received())[1] == "08006"
    assert shared.clients[1].ended


def test_what_the_head_was_told_before_it_dies_is_not_told_again(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.send(shared.servers[0], COLUMNS)
    shared.servers[0].close()
    shared.house.turn()
    received = shared.clients[0].received()
    assert received.startswith(COLUMNS)
    assert kinds(received) == "TE"


def test_a_server_that_breaks_the_protocol_is_as_one_that_dies(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], answers(0) + b"1\0\0\0\4")
    assert shared.told() == [answers(0), b"", b""]
    server = shared.log_in_at_once()
    assert server.received() == asks(1)
