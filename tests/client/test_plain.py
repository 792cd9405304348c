"""The plain case, and what ends it."""

import pytest

from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.settings import PoolMode
from tests.client.parties import LIMIT, Scene, pool_settings
from tests.fixtures.hand import turn
from tests.fixtures.messages import IN_TRANSACTION, complete, done, query
from tests.pgwire.replies import row


@pytest.fixture
def asking(scene: Scene) -> Scene:
    """Give a client whose Query was sent to a server that was there for it."""
    scene.lender.ready = scene.server
    scene.send(query("SELECT 1"))
    scene.backend.received()
    scene.lender.calls.clear()
    return scene


def is_linked(scene: Scene) -> bool:
    return scene.session.server is scene.server


def test_the_server_goes_back_with_the_answer(asking: Scene) -> None:
    asking.answer(done())
    assert asking.client.received() == done()
    assert asking.lender.calls == ["give back"]
    assert not is_linked(asking)
    assert asking.server.owner is None


def test_a_query_that_has_waited_is_plain_too(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    scene.lend()
    assert scene.backend.received() == query("SELECT 1")
    scene.answer(done())
    assert scene.client.received() == done()
    assert scene.lender.calls == ["request", "give back"]


def test_an_answer_in_pieces_goes_on_as_it_comes(asking: Scene) -> None:
    asking.answer(complete())
    assert asking.client.received() == complete()
    assert is_linked(asking)
    asking.answer(done()[len(complete()) :])
    assert not is_linked(asking)


def test_all_its_pieces_count_as_what_it_brought(asking: Scene) -> None:
    rows = row(b"x" * 200)
    asking.answer(rows, done())
    asking.lender.ready = asking.server
    asking.send(query("SELECT 1"))
    asking.answer(done())
    sizes = asking.lender.counters.exchanged().sizes
    assert (sizes.counts[:2], sizes.count) == ((1, 1), 2)
    assert sizes.total == len(rows + done() + done())


def test_what_is_only_written_down_of_exchanges_is_bounded(
    asking: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgpool_py.client.plain.MOST_UNSORTED", 1)
    asking.answer(done())
    counters = asking.lender.counters
    assert not counters.exchanges.spent
    assert (counters.bytes_sent, sum(counters.exchanges.lone)) == (len(done()), 1)


def test_so_it_is_of_those_that_take_the_long_way(
    asking: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgpool_py.client.timing.MOST_UNSORTED", 1)
    asking.session.look_at_end()
    asking.answer(done())
    counters = asking.lender.counters
    assert not counters.exchanges.spent
    assert (counters.bytes_sent, sum(counters.exchanges.lone)) == (len(done()), 1)


def test_a_part_of_a_message_behind_it_keeps_the_server(asking: Scene) -> None:
    asking.send(query("SELECT 2")[:7])
    asking.answer(done())
    assert is_linked(asking)
    asking.send(query("SELECT 2")[7:])
    assert asking.backend.received() == query("SELECT 2")
    asking.answer(done())
    assert not is_linked(asking)


def test_a_query_behind_it_keeps_the_server(asking: Scene) -> None:
    asking.send(query("SELECT 2"))
    asking.answer(done())
    assert is_linked(asking)
    asking.answer(done())
    assert not is_linked(asking)
    assert asking.client.received() == done() + done()


def test_a_transaction_keeps_the_server_to_its_end(asking: Scene) -> None:
    asking.answer(complete("BEGIN") + IN_TRANSACTION)
    assert is_linked(asking)
    asking.send(query("COMMIT"))
    asking.answer(done("COMMIT"))
    assert not is_linked(asking)


def test_in_session_mode_the_server_stays(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    scene.lender.ready = scene.server
    for _ in range(2):
        scene.send(query("SELECT 1"))
        scene.answer(done())
        assert is_linked(scene)


def test_it_is_counted_and_timed_as_any_other(asking: Scene) -> None:
    timing, counters = asking.session.timing, asking.lender.counters
    assert timing.exchange_since == timing.transaction_since > 0
    begun = counters.snapshot()
    assert begun.query_count == begun.xact_count == 1
    timing.exchange_since -= 2.0
    asking.answer(done())
    assert counters.bytes_received == len(query("SELECT 1"))
    taken = counters.snapshot()
    assert taken.query_count == taken.xact_count == 1
    assert taken.bytes_sent == len(done())
    assert 2.0 <= taken.query_time == taken.xact_time < 3.0
    assert counters.exchanged().sizes.counts[:2] == (1, 0)
    assert timing.exchange_since == timing.transaction_since == 0.0


def test_a_cancel_that_waited_for_it_is_forgotten(asking: Scene) -> None:
    asking.session.cancel_asked = True
    asking.answer(done())
    assert not asking.session.cancel_asked


def test_an_answer_that_comes_before_the_cancel_is_out_sets_the_client_free(
    asking: Scene,
) -> None:
    cancel_exchange(asking.session)
    assert asking.waits()
    asking.answer(done())
    assert asking.client.received() == done()
    assert asking.lender.calls == ["cancel", "give back"]
    assert not asking.waits()
    asking.lender.ready = asking.server
    asking.send(query("SELECT 2"))
    assert asking.backend.received() == query("SELECT 2")


def test_what_comes_behind_a_query_that_waits_is_sent_with_it(scene: Scene) -> None:
    scene.send(query("BEGIN"), query("SELECT 1"))
    scene.lend()
    assert scene.backend.received() == query("BEGIN") + query("SELECT 1")
    scene.answer(complete("BEGIN") + IN_TRANSACTION, complete() + IN_TRANSACTION)
    assert is_linked(scene)


def test_a_query_of_the_buffers_size_that_waits_stops_the_reading(scene: Scene) -> None:
    scene.send(query("x" * LIMIT))
    assert scene.client_is_paused()
    scene.lend()
    assert not scene.client_is_paused()


def test_a_client_that_takes_no_answer_is_read_no_more(asking: Scene) -> None:
    rows = asking.lender
    while not asking.client_is_paused():
        asking.answer(done("x" * 30000))
        rows.ready = asking.server
        asking.send(query("SELECT 1"))
    assert not is_linked(asking)
    assert not asking.server_is_paused()
    while asking.client_is_paused():
        asking.client.received()
        turn(asking.reactor)
