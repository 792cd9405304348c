"""Pins that are found out, and examinations that come to nothing."""

import pytest

from pgpool_py.pooler.upkeep import maintain
from pgwire.backend import DataRow
from tests.fixtures.hand import Clock
from tests.fixtures.messages import READY, done, fatal, query, refused, told
from tests.pooler.examined import (
    NOBODY_ELSE,
    PARSED,
    Build,
    Examined,
    answer,
    come_in,
    untimed,
)


@pytest.fixture
def one(build: Build) -> Examined:
    return come_in(build)


# What cannot travel


def test_a_lock_keeps_the_server_until_it_is_gone(one: Examined) -> None:
    one.run("SELECT pg_advisory_lock(1)", done())
    assert one.asked() == ("holdings",)
    one.say(answer(held=("advisory lock",)))
    assert one.session.holdings == ("advisory lock",)
    assert one.linked()
    assert list(one.pool.pins.holders) == [one.session]
    one.run("SELECT pg_advisory_unlock(1)", done())
    assert one.asked() == ("holdings",)
    one.say(answer(held=()))
    assert not one.linked()
    assert one.pool.pins.holders == {}


def test_a_lock_that_was_not_taken_keeps_nothing(one: Examined) -> None:
    one.run("SELECT pg_try_advisory_lock(1)", done())
    one.say(answer(held=()))
    assert not one.linked()
    assert one.pool.pins.holders == {}


# Failures


def test_an_examination_that_was_cancelled_is_made_again(one: Examined) -> None:
    one.run("SELECT pg_advisory_lock(1)", done())
    one.server.received()
    one.say(PARSED + refused("canceling", "57014") + READY)
    assert one.asked() == ("untimed", "holdings")
    one.say(untimed(answer(held=())))
    assert one.client.received() == b""
    assert not one.linked()


def test_what_cannot_be_found_out_keeps_the_server(one: Examined) -> None:
    one.run("DO 'x'", done("DO"))
    for _ in range(2):
        assert one.asked()[-1] == "holdings"
        one.say(PARSED + refused("no") + READY)
    assert one.asked() == ()
    assert one.session.holdings == ("unknown session state",)
    assert one.linked()


def test_a_client_that_leaves_meanwhile_has_its_server_reset(one: Examined) -> None:
    one.run("SET work_mem = '1MB'")
    one.server.received()
    one.client.close()
    one.house.turn()
    assert one.server.received() == b""
    one.say(answer(*NOBODY_ELSE, session={"work_mem": "1MB"}))
    assert one.server.received() == query("DISCARD ALL")
    one.say(done("DISCARD ALL"))
    assert one.servers() == {}
    assert list(one.pool.books.idle) == [one.the_server()]
    assert one.pool.pins.holders == {}


def test_a_server_that_does_not_answer_is_closed_and_its_client_told(
    one: Examined, clock: Clock
) -> None:
    one.run("SET work_mem = '1MB'")
    clock.advance(one.house.pooler.context.settings.server_drain_timeout)
    one.house.turn()
    maintain(one.pool, one.house.pooler.now)
    one.house.turn()
    assert told(one.client.received())[:2] == ("FATAL", "08006")
    assert one.pool.books.total == 0


def test_a_server_that_is_shut_down_meanwhile_takes_its_client_along(
    one: Examined,
) -> None:
    one.run("SET work_mem = '1MB'")
    one.server.send(fatal())
    one.server.close()
    one.house.turn()
    assert told(one.client.received())[:2] == ("FATAL", "08006")


def test_a_client_that_does_not_read_does_not_delay_it(one: Examined) -> None:
    one.client.send(query("SELECT pg_advisory_lock(1)"))
    one.house.turn()
    server = one.the_server()
    row = DataRow((b"x" * 60_000,)).encode()
    while not server.stream.paused:
        one.say(row)
    server.stream.resume()
    # Paused again by its last bytes, the end of the transaction.
    one.server.send(row + done())
    one.house.turn()
    one.server.received()
    one.say(answer(held=()))
    assert not one.linked()
    assert one.session.stream.backlog > 0


def test_statements_of_the_server_are_kept_book_of(one: Examined) -> None:
    one.run("SELECT pg_advisory_lock(1)", done())
    one.say(answer(held=()))
    # The unnamed statement is the question's.
    unnamed = one.the_server().ledger.statements.unnamed
    assert isinstance(unnamed, bytes)
    assert b"pg_locks" in unnamed
