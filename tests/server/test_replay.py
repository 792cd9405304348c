"""The batch that sets session parameters on a server."""

from pgpool_py.server.replay import STATEMENT, replay
from pgwire.exchange import BIND, CLOSE, EXECUTE, PARSE, SYNC
from pgwire.frontend import Bind, Close, Execute, Parse, Sync
from tests.fixtures.messages import kinds, split


def test_a_value_travels_as_a_parameter_and_never_as_text() -> None:
    data, entries = replay([("search_path", '"$user", public')], prepared=True)
    assert data == (
        Bind(b"", STATEMENT, (), (b"search_path", b'"$user", public')).encode()
        + Execute(b"").encode()
        + Sync().encode()
    )
    assert entries == (BIND, EXECUTE, SYNC)


def test_a_reset_is_a_null() -> None:
    data, _ = replay([("timezone", None)], prepared=True)
    bound = Bind.decode(split(data)[0][1])
    assert bound.parameters == (b"timezone", None)


def test_a_server_without_the_statement_gets_it_first() -> None:
    data, entries = replay([("timezone", "CET")], prepared=False)
    (_, closing), (_, parsing) = split(data)[:2]
    # An earlier batch that failed may have left it there: then Parse alone fails.
    assert Close.decode(closing) == Close(ord("S"), STATEMENT)
    assert Parse.decode(parsing) == Parse(
        STATEMENT, b"SELECT pg_catalog.set_config($1, $2, false)", (25, 25)
    )
    assert entries == (CLOSE, PARSE, BIND, EXECUTE, SYNC)


def test_several_values_are_one_transaction() -> None:
    data, entries = replay([("a", "1"), ("b", "2")], prepared=True)
    assert kinds(data) == "BEBES"
    assert entries == (BIND, EXECUTE, BIND, EXECUTE, SYNC)


def test_bytes_that_are_no_utf_8_come_out_as_they_went_in() -> None:
    value = b"\xe9t\xe9".decode("utf-8", "surrogateescape")
    data, _ = replay([("application_name", value)], prepared=True)
    assert Bind.decode(split(data)[0][1]).parameters[1] == b"\xe9t\xe9"
