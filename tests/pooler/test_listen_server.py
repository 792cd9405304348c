"""One server listens for all clients of a pool, and is there again when it was lost."""

from collections.abc import Callable

import pytest

from pgpool_py.pooler.upkeep import maintain
from pgpool_py.reasons import Reason
from tests.fixtures.hand import Clock
from tests.fixtures.messages import READY, fatal, query, refused
from tests.pooler.hearing import Ears, hear, listening, said, sent
from tests.pooler.postgres import EMPTY, TERMINATE, Bench

SetUp = Callable[..., Bench]


def pass_time(bench: Bench, clock: Clock, seconds: float) -> None:
    """Let time pass, and what is due then be done."""
    clock.advance(seconds)
    bench.turn()
    maintain(bench.pool, clock.now)
    bench.turn()


# Listening


def test_a_listen_waits_until_the_server_listens(bench: Bench) -> None:
    ears = Ears(bench.pool).ask(b"a")
    wire = bench.log_in(bench.postgres.accept())
    assert wire.received() == said(b"a")
    assert ears.answers == []
    bench.answer(wire, listening())
    assert ears.answers == [None]


def test_the_next_who_listens_to_a_channel_is_not_told_what_was_sent_before(
    bench: Bench,
) -> None:
    first, wire = hear(bench, b"a")
    second = Ears(bench.pool).ask(b"a")
    bench.turn()
    assert wire.received() == query("")
    bench.answer(wire, sent(payload=b"before") + EMPTY)
    assert second.answers == [None]
    second.at_rest = False
    bench.answer(wire, sent(payload=b"behind"))
    second.at_rest = True
    second.commit()
    assert first.told == [sent(payload=b"before"), sent(payload=b"behind")]
    assert second.told == [sent(payload=b"behind")]
    assert bench.postgres.waiting() == []


def test_who_asks_while_the_server_answers_waits_for_its_next_answer(
    bench: Bench,
) -> None:
    _, wire = hear(bench, b"a")
    second = Ears(bench.pool).ask(b"a")
    bench.turn()
    assert wire.received() == query("")
    third = Ears(bench.pool).ask(b"a")
    bench.answer(wire, EMPTY)
    assert (second.answers, third.answers) == ([None], [])
    assert wire.received() == query("")
    bench.answer(wire, EMPTY)
    assert third.answers == [None]


def test_what_is_asked_while_an_order_runs_is_ordered_behind_it(bench: Bench) -> None:
    first, second, third = (Ears(bench.pool) for _ in range(3))
    first.ask(b"a")
    wire = bench.log_in(bench.postgres.accept())
    second.ask(b"b")
    third.ask(b"c")
    assert wire.received() == said(b"a")
    bench.answer(wire, listening())
    assert (first.answers, second.answers) == ([None], [])
    assert wire.received() == said(b"b", b"c")
    bench.answer(wire, listening(2))
    assert (second.answers, third.answers) == ([None], [None])


def test_all_who_listen_are_told_the_message_as_it_came(bench: Bench) -> None:
    first, wire = hear(bench, b"a")
    second, third = Ears(bench.pool).ask(b"a"), Ears(bench.pool).ask(b"a")
    bench.turn()
    assert wire.received() == query("")
    bench.answer(wire, EMPTY)
    second.commit()
    message = sent(b"a", b"news")
    bench.answer(wire, message + sent(b"b", b"for nobody"))
    assert (first.told, second.told, third.told) == ([message], [message], [])


def test_a_channel_to_which_nobody_listens_any_more_is_given_up(bench: Bench) -> None:
    ears, wire = hear(bench, b"a", b"b")
    ears.subscription.unlisten([b"a"])
    ears.commit()
    bench.turn()
    assert wire.received() == query('UNLISTEN "a"')


def test_a_client_that_is_gone_listens_to_nothing(bench: Bench) -> None:
    ears, wire = hear(bench, b"a")
    gone = Ears(bench.pool).ask(b"b")
    bench.turn()
    ears.subscription.end()
    gone.subscription.end()
    bench.answer(wire, listening())
    assert wire.received() == said(b"b") + query('UNLISTEN "a"; UNLISTEN "b"')
    assert gone.answers == []


def test_each_client_encoding_has_a_server(bench: Bench) -> None:
    _, first = hear(bench, b"a")
    other = Ears(bench.pool, "LATIN1").ask(b"a")
    bench.turn()
    wire = bench.postgres.accept()
    assert b"client_encoding\0LATIN1\0" in wire.received()
    bench.log_in(wire)
    bench.answer(wire, listening())
    bench.answer(first, sent())
    assert other.commit().told == []


def test_a_server_of_another_encoding_is_forgotten_with_its_last_client(
    set_up: SetUp, clock: Clock
) -> None:
    bench = set_up(server_idle_timeout=5.0)
    other = Ears(bench.pool, "LATIN1").ask(b"a")
    bench.answer(bench.log_in(bench.postgres.accept()), listening())
    other.subscription.end()
    bench.turn()
    pass_time(bench, clock, 6.0)
    # It was told to give the channel up, and did not answer.
    pass_time(bench, clock, 6.0)
    assert bench.pool.notifications._listening == {}


def test_a_message_that_cannot_be_read_closes_the_server(bench: Bench) -> None:
    ears, wire = hear(bench, b"a")
    # length 9, process id 7, a channel that has no end
    bench.answer(wire, b"A\0\0\0\x09\0\0\0\x07a" + sent())
    wire.received()
    assert wire.ended
    assert ears.told == []


# Refusals


def test_postgresqls_refusal_is_passed_on_to_who_asked(bench: Bench) -> None:
    first = Ears(bench.pool).ask(b"a")
    second = Ears(bench.pool).ask(b"b")
    wire = bench.log_in(bench.postgres.accept())
    no = refused("cannot execute LISTEN during recovery", "25006") + READY
    bench.answer(wire, no)
    assert (first.answers, second.answers) == ([], [])
    bench.answer(wire, no)
    bench.answer(wire, listening())
    (error,) = first.answers
    assert error is not None
    assert error.message == "cannot execute LISTEN during recovery"
    assert (error.severity, error.sqlstate) == ("ERROR", "25006")
    assert second.answers == [None]
    assert first.subscription.tentative == set()


def test_a_server_that_cannot_be_reached_is_no_reason_to_wait(bench: Bench) -> None:
    bench.postgres.stop_listening()
    ears = Ears(bench.pool).ask(b"a")
    bench.turn()
    (error,) = ears.answers
    assert error is not None
    assert (error.severity, error.sqlstate) == ("ERROR", "08001")


def test_a_server_that_starts_up_is_waited_for(bench: Bench, clock: Clock) -> None:
    ears = Ears(bench.pool).ask(b"a")
    bench.turn()
    wire = bench.postgres.accept()
    bench.answer(wire, fatal("the database system is starting up", "57P03"))
    assert ears.answers == []
    pass_time(bench, clock, 0.5)
    bench.answer(bench.log_in(bench.postgres.accept()), listening())
    assert ears.answers == [None]


def test_no_listen_waits_for_ever(set_up: SetUp, clock: Clock) -> None:
    bench = set_up(query_wait_timeout=3.0)
    ears = Ears(bench.pool).ask(b"a")
    bench.turn()
    pass_time(bench, clock, 3.0)
    (error,) = ears.answers
    assert error is not None
    assert error.sqlstate == "53300"
    assert error.detail is not None
    assert "there was none for 3 s" in error.detail


def test_a_server_that_does_not_answer_is_closed(bench: Bench, clock: Clock) -> None:
    ears, wire = hear(bench, b"a")
    ears.ask(b"b")
    bench.turn()
    assert wire.received() == said(b"b")
    pass_time(bench, clock, bench.context.settings.server_drain_timeout)
    wire.received()
    assert wire.ended


# Losses


def test_a_lost_server_is_replaced_and_told_everything(
    bench: Bench, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ears, wire = hear(bench, b"a", b"b")
    wire.close()
    bench.turn()
    pass_time(bench, clock, 0.25)
    again = bench.log_in(bench.postgres.accept())
    assert again.received() == said(b"a", b"b")
    clock.advance(2.0)
    bench.answer(again, listening(2))
    bench.answer(again, sent())
    assert ears.told == [sent()]
    assert "nobody listens to 2 channels for now" in caplog.text
    assert "what was sent in 2.2 s on 2 channels may be lost" in caplog.text


def test_one_that_is_lost_again_and_again_is_opened_ever_less_often(
    bench: Bench, clock: Clock
) -> None:
    _, wire = hear(bench, b"a")
    for pause in (0.25, 0.5, 1.0):
        wire.close()
        bench.turn()
        pass_time(bench, clock, pause - 0.1)
        assert bench.postgres.waiting() == []
        pass_time(bench, clock, 0.1)
        wire = bench.log_in(bench.postgres.accept())


def test_one_that_was_there_for_long_is_replaced_at_once(
    bench: Bench, clock: Clock
) -> None:
    _, wire = hear(bench, b"a")
    clock.advance(20.0)
    wire.close()
    bench.turn()
    pass_time(bench, clock, 0.1)
    bench.postgres.accept()


def test_one_that_is_gone_without_a_word_is_noticed(bench: Bench, clock: Clock) -> None:
    _, wire = hear(bench, b"a")
    pass_time(bench, clock, 30.0)
    assert wire.received() == query("")
    bench.answer(wire, EMPTY)
    pass_time(bench, clock, 30.0)
    assert wire.received() == query("")
    pass_time(bench, clock, 5.0)
    wire.received()
    assert wire.ended


def test_what_is_refused_to_clients_that_listen_is_tried_again(
    bench: Bench, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ears, wire = hear(bench, b"a")
    wire.close()
    bench.turn()
    pass_time(bench, clock, 0.25)
    again = bench.log_in(bench.postgres.accept())
    again.received()
    bench.answer(again, refused("cannot execute LISTEN during recovery") + READY)
    assert "LISTEN is refused: cannot execute LISTEN" in caplog.text
    assert again.received() == b""
    other = Ears(bench.pool).ask(b"a")
    bench.turn()
    assert (again.received(), other.answers) == (b"", [])
    pass_time(bench, clock, bench.pool.settings.server_login_retry)
    assert again.received() == said(b"a")
    bench.answer(again, listening())
    bench.answer(again, sent())
    assert ears.told == [sent()]


# The end


def test_it_is_closed_when_nobody_has_listened_for_long(
    set_up: SetUp, clock: Clock
) -> None:
    bench = set_up(server_idle_timeout=10.0)
    ears, wire = hear(bench, b"a")
    pass_time(bench, clock, 11.0)
    ears.subscription.end()
    bench.turn()
    bench.answer(wire, listening())
    pass_time(bench, clock, 9.0)
    assert not bench.pool.empty
    pass_time(bench, clock, 1.0)
    wire.received()
    assert wire.ended
    assert bench.pool.empty


def test_it_does_not_end_with_server_lifetime(set_up: SetUp, clock: Clock) -> None:
    bench = set_up(server_lifetime=10.0)
    _, wire = hear(bench, b"a")
    pass_time(bench, clock, 20.0)
    wire.received()
    assert not wire.ended


def test_a_pause_closes_it_and_its_end_brings_it_back(
    bench: Bench, clock: Clock
) -> None:
    _, wire = hear(bench, b"a")
    bench.pool.pause()
    bench.turn()
    assert wire.received() == TERMINATE
    assert wire.ended
    pass_time(bench, clock, 1.0)
    assert bench.postgres.waiting() == []
    bench.pool.paused = False
    pass_time(bench, clock, 0.1)
    assert bench.log_in(bench.postgres.accept()).received() == said(b"a")


def test_an_attempt_is_given_up_when_it_is_paused(bench: Bench, clock: Clock) -> None:
    ears = Ears(bench.pool).ask(b"a")
    bench.turn()
    wire = bench.postgres.accept()
    bench.pool.pause()
    bench.turn()
    wire.received()
    assert wire.ended
    assert ears.answers == [None]
    bench.pool.paused = False
    pass_time(bench, clock, 0.1)
    assert bench.log_in(bench.postgres.accept()).received() == said(b"a")


def test_no_transaction_that_a_pause_waits_for_is_kept_by_its_listen(
    bench: Bench, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    bench.pool.pause()
    ears = Ears(bench.pool).ask(b"a")
    assert ears.answers == [None]
    pass_time(bench, clock, 3.0)
    bench.pool.paused = False
    pass_time(bench, clock, 0.1)
    wire = bench.log_in(bench.postgres.accept())
    assert wire.received() == said(b"a")
    bench.answer(wire, listening())
    assert "what was sent in 3.1 s on 1 channel may be lost" in caplog.text


@pytest.mark.parametrize("reason", [Reason.CONNECT_STRING_CHANGED, Reason.EVICTED])
def test_one_that_is_replaced_on_purpose_is_no_failure(
    bench: Bench, clock: Clock, reason: Reason
) -> None:
    hear(bench, b"a")
    bench.pool.notifications.close(reason)
    pass_time(bench, clock, 0.1)
    assert bench.log_in(bench.postgres.accept()).received() == said(b"a")
