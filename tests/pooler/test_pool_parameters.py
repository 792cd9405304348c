"""A server gets its client's session parameters before it is lent."""

from collections.abc import Callable

import pytest

from pgpool_py.pooler import linking
from pgpool_py.reasons import Reason
from pgwire.frontend import Bind
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    READY,
    complete,
    done,
    kinds,
    query,
    refused,
    reported,
    split,
)
from tests.pooler.postgres import Bench, Client

SetUp = Callable[..., Bench]

# What answers a batch that sets one value, but for its ReadyForQuery.
ONE_SET = b"1\0\0\0\4" + b"2\0\0\0\4" + complete()


# Parameters


def set_zone(bench: Bench, wire: Wire, value: str = "CET") -> Client:
    client = bench.request(timezone=value)
    assert client.calls == []
    assert kinds(wire.received()) == "PBES"
    bench.answer(wire, ONE_SET + reported("TimeZone", value) + READY)
    assert client.calls == ["linked"]
    return client


def test_a_value_not_seen_before_is_awaited(bench: Bench) -> None:
    wire = bench.idle()
    client = set_zone(bench, wire)
    assert client.delivered == b""
    assert client.server is not None
    assert client.server.parameters is client.parameters


def test_a_value_that_was_accepted_goes_in_the_same_write(bench: Bench) -> None:
    wire = bench.idle()
    bench.give_back(set_zone(bench, wire))
    # Somebody else with the defaults: back to them first.
    plain = bench.request()
    bench.answer(wire, ONE_SET + reported("TimeZone", "UTC") + READY)
    bench.give_back(plain)
    wire.received()
    client = bench.request(timezone="CET")
    assert client.calls == ["linked"]
    client.ask(query("SELECT 1"))
    assert kinds(wire.received()) == "PBESQ"
    bench.answer(wire, ONE_SET + reported("TimeZone", "CET") + READY + done())
    assert client.delivered == done()


def test_a_client_without_wishes_gets_the_defaults_back(bench: Bench) -> None:
    wire = bench.idle()
    bench.give_back(set_zone(bench, wire))
    client = bench.request()
    data = wire.received()
    assert kinds(data) == "PBES"
    assert Bind.decode(split(data)[1][1]).parameters == (b"timezone", b"UTC")
    bench.answer(wire, ONE_SET + reported("TimeZone", "UTC") + READY)
    assert client.calls == ["linked"]
    assert client.parameters is bench.context.book.defaults


def test_a_search_path_is_awaited_always(bench: Bench) -> None:
    wire = bench.idle()
    for _ in range(2):
        client = bench.request(search_path="x")
        assert kinds(wire.received()) == "PBES"
        bench.answer(wire, ONE_SET + READY)
        assert client.calls == ["linked"]
        bench.give_back(client)
        plain = bench.request()
        bench.answer(wire, ONE_SET + READY)
        bench.give_back(plain)
        wire.received()


def test_the_servers_spelling_of_a_value_is_the_clients_from_then_on(
    bench: Bench,
) -> None:
    wire = bench.idle()
    client = bench.request(datestyle="german")
    bench.answer(wire, ONE_SET + reported("DateStyle", "German, DMY") + READY)
    assert client.parameters.values == {"datestyle": "German, DMY"}


def test_a_value_that_turns_out_to_be_the_default_is_no_difference(
    bench: Bench,
) -> None:
    wire = bench.idle()
    client = bench.request(datestyle="iso")
    bench.answer(wire, ONE_SET + READY)
    assert client.parameters is bench.context.book.defaults


def test_a_value_that_is_refused_ends_its_client_and_spares_the_server(
    bench: Bench,
) -> None:
    wire = bench.idle()
    client = bench.request(timezone="nowhere")
    wire.received()
    bench.answer(wire, b"1\0\0\0\4" + b"2\0\0\0\4" + refused("no such zone") + READY)
    assert client.calls == ["refused"]
    assert client.reason is Reason.INVALID_SERVER_PARAMETER
    assert client.error is not None
    assert (client.error.message, client.error.sqlstate) == ("no such zone", "22023")
    assert bench.states() == ["idle"]
    other = bench.request(timezone="CET")
    assert kinds(wire.received()) == "PBES"
    bench.answer(wire, ONE_SET + READY)
    assert other.calls == ["linked"]


def test_a_client_that_leaves_while_its_values_are_set_gets_nothing(
    bench: Bench,
) -> None:
    wire = bench.idle()
    client = bench.request(timezone="CET")
    bench.pool.leave(client)
    bench.answer(wire, ONE_SET + reported("TimeZone", "CET") + READY)
    assert client.calls == []
    assert bench.states() == ["idle"]
    (server,) = bench.pool.books.idle
    assert server.parameters.values == {"timezone": "CET"}


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("timezone", reported("TimeZone", "first")),
        # Not reported: what was asked for is all that is known.
        ("search_path", b""),
    ],
)
def test_what_a_client_that_left_wants_by_now_is_not_what_was_set(
    bench: Bench, name: str, report: bytes
) -> None:
    wire = bench.idle()
    client = bench.request(**{name: "first"})
    bench.pool.leave(client)
    client.parameters = bench.context.book.of({name: "second"})
    bench.answer(wire, ONE_SET + report + READY)
    (server,) = bench.pool.books.idle
    assert server.parameters.values == {name: "first"}
    assert client.parameters.values == {name: "second"}


def test_a_refusal_while_the_client_is_gone_ends_nobody(bench: Bench) -> None:
    wire = bench.idle()
    client = bench.request(timezone="nowhere")
    bench.pool.leave(client)
    bench.answer(wire, b"1\0\0\0\4" + b"2\0\0\0\4" + refused() + READY)
    assert client.calls == []
    assert bench.states() == ["idle"]


# The values that were accepted


def test_of_the_accepted_values_the_oldest_are_forgotten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "MOST_ACCEPTED", 2)
    wire = bench.idle()
    for name in "abc":
        client = bench.request(application_name=name)
        assert client.calls == []
        bench.answer(
            wire,
            ONE_SET + reported("application_name", name) + READY,
        )
        bench.give_back(client)
    newer = bench.request(application_name="b")
    assert newer.calls == ["linked"]
    bench.answer(wire, ONE_SET + reported("application_name", "b") + READY)
    bench.give_back(newer)
    oldest = bench.request(application_name="a")
    assert oldest.calls == []


# What clients set themselves


def test_what_a_client_sets_itself_is_told_to_it(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SET timezone TO 'CET'"))
    bench.answer(wire, reported("TimeZone", "CET") + done("SET"))
    assert "parameter TimeZone=CET" in client.calls
    assert client.server is not None
    assert client.server.parameters.values == {"timezone": "CET"}


def test_a_report_of_what_cannot_be_set_is_no_parameter(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SET role app"))
    bench.answer(wire, reported("is_superuser", "off") + done("SET"))
    assert client.server is not None
    assert client.server.parameters is bench.context.book.defaults


# Limits that strike what no client has asked for


def test_a_short_limit_is_awaited_always(bench: Bench) -> None:
    wire = bench.idle()
    for _ in range(2):
        client = bench.request(statement_timeout="5ms")
        assert client.calls == []
        assert kinds(wire.received()) == "PBES"
        bench.answer(wire, ONE_SET + READY)
        assert client.calls == ["linked"]
        bench.give_back(client)
        assert wire.received() == query("DISCARD ALL")
        bench.answer(wire, done("DISCARD ALL"))


def test_a_short_limit_is_not_left_on_a_server_that_nobody_has(bench: Bench) -> None:
    wire = bench.idle()
    client = bench.request(idle_session_timeout="20ms")
    wire.received()
    bench.answer(wire, ONE_SET + READY)
    bench.give_back(client)
    assert wire.received() == query("DISCARD ALL")
    assert bench.states() == ["tested"]
    bench.answer(wire, done("DISCARD ALL"))
    assert bench.states() == ["idle"]
    plain = bench.request()
    assert plain.calls == ["linked"]
    assert wire.received() == b""


def test_who_sets_it_is_lent_the_server_with_its_limit_set_last(bench: Bench) -> None:
    wire = bench.idle()
    bench.request(statement_timeout="5ms", work_mem="7MB")
    names = [content for kind, content in split(wire.received()) if kind == "B"]
    assert [b"work_mem" in names[0], b"statement_timeout" in names[1]] == [True, True]


@pytest.mark.parametrize("sqlstate", ["57014", "57P01"])
def test_if_it_is_struck_while_values_are_set_another_server_will_do(
    bench: Bench, sqlstate: str
) -> None:
    wire = bench.idle()
    client = bench.request(statement_timeout="5ms")
    wire.received()
    struck = refused("canceling statement due to statement timeout", sqlstate)
    bench.answer(wire, b"1\0\0\0\4" + struck + READY)
    assert client.calls == []
    wire.received()
    assert wire.ended
    again = bench.log_in(bench.postgres.accept())
    assert kinds(again.received()) == "PBES"
    bench.answer(again, ONE_SET + READY)
    assert client.calls == ["linked"]
