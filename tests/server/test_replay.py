"""The batch that sets session parameters on a server."""

from pgpool_py.server.replay import replay
from pgwire.exchange import BIND, EXECUTE, PARSE, SYNC
from pgwire.frontend import Bind, Execute, Parse, Sync
from tests.fixtures.messages import kinds, split

# The unnamed statement: none that a client could put another one in the place of.
PREPARE = Parse(b"", b"SELECT pg_catalog.set_config($1, $2, false)", (25, 25)).encode()


def test_a_value_travels_as_a_parameter_and_never_as_text() -> None:
    data, entries = replay([("search_path", '"$user", public')])
    assert data == (
        PREPARE
        + Bind(b"", b"", (), (b"search_path", b'"$user", public')).encode()
        + Execute(b"").encode()
        + Sync().encode()
    )
    assert entries == (PARSE, BIND, EXECUTE, SYNC)


def test_a_reset_is_a_null() -> None:
    data, _ = replay([("timezone", None)])
    bound = Bind.decode(split(data)[1][1])
    assert bound.parameters == (b"timezone", None)


def test_several_values_are_one_transaction() -> None:
    data, entries = replay([("a", "1"), ("b", "2")])
    assert kinds(data) == "PBEBES"
    assert entries == (PARSE, BIND, EXECUTE, BIND, EXECUTE, SYNC)


def test_bytes_that_are_no_utf_8_come_out_as_they_went_in() -> None:
    value = b"\xe9t\xe9".decode("utf-8", "surrogateescape")
    data, _ = replay([("application_name", value)])
    assert Bind.decode(split(data)[1][1]).parameters[1] == b"\xe9t\xe9"
