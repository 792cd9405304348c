"""What servers report: told to clients at their login, and the defaults of the pool."""

from dataclasses import replace

from tests.fixtures.messages import (
    PARAMETERS,
    done,
    query,
    reported,
)
from tests.pooler.postgres import Bench

SET_ZONE = "SET TimeZone = 'CET'"


def test_what_the_first_server_reports_becomes_the_welcome(bench: Bench) -> None:
    bench.open()
    assert bench.pool.staffing.welcome == PARAMETERS
    assert bench.pool.staffing.defaults == {
        "application_name": "",
        "client_encoding": "UTF8",
        "datestyle": "ISO, MDY",
        "timezone": "UTC",
    }


def test_a_server_that_differs_is_brought_to_the_defaults_of_the_first(
    bench: Bench,
) -> None:
    bench.open()
    bench.request()
    bench.log_in(bench.postgres.accept(), TimeZone="CET")
    values = [dict(s.parameters.values) for s in bench.pool.books.busy]
    assert {"timezone": "CET"} in values


def test_the_defaults_are_what_a_server_is_like_after_the_connect_query(
    bench: Bench,
) -> None:
    target = replace(bench.pool.settings.target, connect_query=SET_ZONE)
    bench.pool.reconfigure(replace(bench.pool.settings, target=target))
    clients = [bench.request() for _ in range(2)]
    for wire in bench.postgres.waiting():
        bench.log_in(wire)
        bench.answer(wire, reported("TimeZone", "CET") + done("SET"))
    staffing = bench.pool.staffing
    assert staffing.welcome == {**PARAMETERS, "TimeZone": "CET"}
    assert staffing.defaults["timezone"] == "CET"
    # No server differs from that, so nothing is set before it is lent.
    assert [client.calls for client in clients] == [["linked"]] * 2
    assert {s.parameters for s in bench.pool.books.busy} == {
        bench.context.book.defaults
    }


# Servers that are replaced


def test_what_a_client_sets_is_followed_until_a_new_server_is_there(
    bench: Bench,
) -> None:
    client, wire = bench.open()
    bench.pool.staffing.forget()
    client.ask(query("SET TimeZone = 'CET'"))
    bench.answer(wire, reported("TimeZone", "CET") + done("SET"))
    assert "parameter TimeZone=CET" in client.calls
    assert client.server is not None
    assert client.server.parameters.values == {"timezone": "CET"}


def test_the_defaults_are_the_new_servers_once_it_is_there(bench: Bench) -> None:
    bench.open()
    bench.pool.staffing.forget()
    assert bench.pool.staffing.welcome is None
    bench.request()
    bench.log_in(bench.postgres.accept(), TimeZone="CET")
    staffing = bench.pool.staffing
    assert staffing.welcome == {**PARAMETERS, "TimeZone": "CET"}
    assert staffing.defaults["timezone"] == "CET"


def test_what_a_client_asks_for_is_compared_with_the_defaults_of_now(
    bench: Bench,
) -> None:
    bench.open()
    staffing = bench.pool.staffing
    asked = {"timezone": "CET", "application_name": ""}
    assert staffing.differing(asked).values == {"timezone": "CET"}
    assert staffing.differing({"timezone": "UTC"}).values == {}
    assert staffing.differing(asked).values == {"timezone": "CET"}
    staffing.forget()
    bench.request()
    bench.log_in(bench.postgres.accept(), TimeZone="CET")
    assert staffing.differing(asked).values == {}
