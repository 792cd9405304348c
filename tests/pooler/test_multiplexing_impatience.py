"""Who waits behind others is taken back: a server is silent, or another is idle."""

import pytest

from pgpool_py.pooler.upkeep import maintain
from tests.fixtures.messages import done, kinds, query
from tests.pgwire.replies import COLUMNS, NOTICE, row
from tests.pooler.sharing import (
    FAILED,
    WRITE,
    WRITTEN,
    Share,
    Shared,
    answers,
    asks,
)
from tests.pooler.test_pooler import let_pass, reload

PATIENCE = 0.005
# Until the silence is seen.
LONG = 2 * PATIENCE


@pytest.fixture
def held_up(share: Share) -> Shared:
    """Return clients of whom two were behind a server that was silent."""
    shared = share(clients=4)
    shared.learn()
    shared.ask(0, 1, 2, first=WRITE)
    assert shared.received() == [WRITE + asks(1) + asks(2)]
    shared.let_pass(LONG)
    assert not shared.pool.multiplexing.pipelines
    return shared


def test_behind_a_silent_server_nobody_waits(held_up: Shared) -> None:
    shared = held_up
    assert shared.received() == [b""]
    waiting = list(shared.pool.books.waiters)
    assert waiting == [shared.sessions[c] for c in shared.clients[1:3]]
    shared.send(shared.servers[0], WRITTEN)
    assert shared.told() == [WRITTEN, b"", b"", b""]


def test_as_long_as_it_sends_something_they_do(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0, 1, 2)
    for piece in (COLUMNS, *[row()] * 9):
        shared.send(shared.servers[0], piece)
        shared.let_pass(PATIENCE * 0.9)
    assert shared.pool.multiplexing.pipelines
    shared.send(shared.servers[0], done() + answers(1) + answers(2))
    assert shared.told()[1:] == [answers(1), answers(2)]


def test_patience_is_longer_where_answers_take_longer(share: Share) -> None:
    shared = share()
    for _ in range(2):
        shared.ask(0, 1)
        shared.let_pass(0.020)
        shared.answer(0, 1)
        shared.received()
    shared.told()
    shared.ask(0, 1)
    shared.let_pass(0.020 + PATIENCE * 0.8)
    assert shared.pool.multiplexing.pipelines
    shared.let_pass(PATIENCE)
    assert not shared.pool.multiplexing.pipelines


def test_what_can_be_read_was_no_silence(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0, 1, 2)
    # It comes when all sockets were looked at, and the silence is looked for next.
    later = shared.clock.now + 0.001
    shared.house.loop.call_at(later, shared.servers[0].send, answers(0))
    shared.let_pass(LONG)
    assert shared.told() == [answers(0), b"", b""]
    assert shared.pool.multiplexing.pipelines
    assert not shared.pool.books.waiters


def test_what_they_left_is_answered_to_nobody_before_the_server_is_lent(
    held_up: Shared,
) -> None:
    shared = held_up
    shared.send(shared.servers[0], WRITTEN + answers(1))
    shared.send(shared.servers[0], answers(2)[:-1])
    assert shared.told() == [WRITTEN, b"", b"", b""]
    assert shared.received() == [b""]
    shared.send(shared.servers[0], answers(2)[-1:])
    assert shared.told() == [b""] * 4
    # In the order in which they came, one by one.
    assert shared.received() == [asks(1)]
    shared.answer(1)
    assert shared.received() == [asks(2)]
    shared.answer(2)
    assert shared.told() == [b"", answers(1), answers(2), b""]
    assert shared.shelved()


def test_errors_in_what_they_left_concern_nobody(held_up: Shared) -> None:
    shared = held_up
    shared.send(shared.servers[0], WRITTEN + FAILED + FAILED)
    assert shared.told() == [WRITTEN, b"", b"", b""]
    assert shared.received() == [asks(1)]
    assert not shared.servers[0].ended


def test_they_are_in_front_of_who_came_later(held_up: Shared) -> None:
    shared = held_up
    shared.send(shared.clients[3], WRITE)
    shared.send(shared.servers[0], WRITTEN + answers(1) + answers(2))
    shared.answer(1)
    shared.answer(2)
    assert shared.received() == [asks(1) + asks(2) + WRITE]


def test_and_never_behind_others_again(held_up: Shared) -> None:
    shared = held_up
    shared.send(shared.servers[0], WRITTEN + answers(1) + answers(2))
    assert shared.received() == [asks(1)]
    # The next one in the queue could follow, but for its having been taken back.
    shared.ask(3)
    assert shared.received() == [b""]
    shared.answer(1)
    assert shared.received() == [asks(2) + asks(3)]


def test_the_one_in_front_may_go_on_before_that(held_up: Shared) -> None:
    shared = held_up
    shared.send(shared.servers[0], WRITTEN)
    shared.ask(0)
    shared.send(shared.servers[0], answers(1) + answers(2))
    for number in (1, 2, 0):
        shared.answer(number)
    assert shared.told() == [WRITTEN + answers(0), answers(1), answers(2), b""]


def test_what_is_left_too_long_is_cancelled(held_up: Shared) -> None:
    shared = held_up
    shared.house.pooler.start()
    shared.send(shared.servers[0], WRITTEN + COLUMNS)
    let_pass(shared.house, shared.clock, 0.9)
    assert not shared.cancelled()
    let_pass(shared.house, shared.clock, 0.2)
    assert shared.cancelled()
    # And then drained, before anybody gets it.
    assert kinds(shared.received()[0])[0] == "f"
    assert shared.told() == [WRITTEN, b"", b"", b""]


def test_a_server_that_is_silent_gets_nothing_more(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0, 1)
    # It asks when the silence lasts long enough, and before that is looked for.
    shared.clients[2].send(asks(2))
    shared.let_pass(1.1 * PATIENCE)
    assert shared.received() == [asks(0) + asks(1)]


def test_nor_one_whose_only_client_has_waited_as_long(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0)
    shared.let_pass(1.1 * PATIENCE)
    shared.ask(1)
    assert shared.received() == [asks(0)]


def test_while_a_server_is_idle_nobody_waits_behind_others(share: Share) -> None:
    shared = share(servers=2)
    shared.learn()
    shared.ask(0, 1, 2)
    place = 0 if asks(2) in shared.received()[0] else 1
    head, other = shared.servers[place], shared.servers[1 - place]
    for _ in range(5):
        # It is not silent.
        shared.send(head, NOTICE)
        shared.let_pass(PATIENCE / 2)
    assert shared.pool.multiplexing.pipelines
    shared.send(other, answers(1 - place))
    assert other.received() == b""
    shared.let_pass(PATIENCE / 2)
    assert other.received() == asks(2)


def hold_up(shared: Shared, head: bytes, reply: bytes) -> None:
    """Let a head keep another client waiting."""
    shared.ask(0, 1, first=head)
    shared.let_pass(LONG)
    shared.send(shared.servers[0], reply + answers(1))
    shared.answer(1)
    shared.received()


def test_a_text_that_keeps_others_waiting_is_alone_for_a_second(
    share: Share,
) -> None:
    shared = share()
    shared.learn()
    for _ in range(2):
        hold_up(shared, WRITE, WRITTEN)
    shared.ask(0, 1, first=WRITE)
    assert shared.received() == [WRITE]
    shared.send(shared.servers[0], WRITTEN)
    shared.answer(1)
    shared.received()
    shared.let_pass(1.0)
    shared.ask(0, 1, first=WRITE)
    assert shared.received() == [WRITE + asks(1)]


def test_nor_does_it_follow(share: Share) -> None:
    shared = share()
    shared.learn()
    slow = query("SELECT b FROM slow WHERE a = 1")
    for _ in range(2):
        hold_up(shared, slow, answers(0))
    shared.ask(0)
    shared.send(shared.clients[2], slow)
    assert shared.received() == [asks(0)]


def test_where_much_is_taken_back_it_goes_less_deep(share: Share) -> None:
    shared = share(multiplexing_depth=4)
    shared.learn()
    shared.ask(0, 1, 2, first=WRITE)
    shared.let_pass(LONG)
    shared.send(shared.servers[0], WRITTEN + answers(1) + answers(2))
    shared.answer(1)
    shared.answer(2)
    shared.let_pass(1.0)
    shared.ask(0, 1)
    shared.let_pass(PATIENCE / 2)
    assert shared.pool.multiplexing.tempo.depth == 2
    reload(shared.house, multiplexing_depth=8)
    assert shared.pool.multiplexing.tempo.depth == 2


def test_it_recovers_where_nothing_is_shared_any_more(share: Share) -> None:
    shared = share(multiplexing_depth=2)
    shared.learn()
    multiplexing = shared.pool.multiplexing
    multiplexing.tempo.depth = 1
    shared.clock.advance(1.0)
    maintain(shared.pool, shared.clock.now)
    assert multiplexing.tempo.depth == 2
