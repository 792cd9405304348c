"""What clients are told of parameters at their login."""

from pgpool_py.pooler.greeting import Greeting
from tests.fixtures.messages import reported

GREETING = Greeting({"TimeZone": "UTC", "client_encoding": "UTF8"})


def test_what_servers_report_is_told_in_their_order() -> None:
    assert GREETING.to({}) == reported("TimeZone", "UTC") + reported(
        "client_encoding", "UTF8"
    )


def test_a_client_is_told_its_own_value_in_the_servers_place() -> None:
    assert GREETING.to({"timezone": "CET"}) == reported("TimeZone", "CET") + reported(
        "client_encoding", "UTF8"
    )


def test_what_servers_do_not_report_is_not_told() -> None:
    assert Greeting({}).to({"timezone": "CET"}) == b""


def test_one_client_s_value_is_not_told_to_the_next() -> None:
    GREETING.to({"timezone": "CET"})
    assert GREETING.to({}).startswith(reported("TimeZone", "UTC"))
