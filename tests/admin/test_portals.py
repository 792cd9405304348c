"""Statements and portals of a console's client, and their bounds."""

import pytest

from pgpool_py.admin import portals as portals_module
from pgpool_py.admin.portals import (
    MOST_NAME,
    MOST_PORTALS,
    MOST_STATEMENTS,
    Portal,
    Portals,
)
from pgpool_py.errors import ConsoleError


@pytest.fixture
def portals() -> Portals:
    return Portals()


def test_names_are_cut_where_postgresql_cuts_them(portals: Portals) -> None:
    portals.prepare(b"s" * MOST_NAME + b"1", None)
    assert portals.statement(b"s" * MOST_NAME + b"2") is None
    with pytest.raises(ConsoleError, match="already exists") as caught:
        portals.prepare(b"s" * 70, None)
    assert "s" * (MOST_NAME + 1) not in caught.value.message
    portals.bind(b"p" * 70, Portal(None, ()))
    assert portals.portal(b"p" * MOST_NAME).formats == ()
    portals.close_statement(b"s" * 70)
    portals.close_portal(b"p" * 70)
    portals.prepare(b"s" * 70, None)
    portals.bind(b"p" * 70, Portal(None, ()))


def test_so_many_statements_are_kept_and_no_more(portals: Portals) -> None:
    for number in range(MOST_STATEMENTS):
        portals.prepare(str(number).encode(), None)
    with pytest.raises(ConsoleError, match="too many prepared statements") as caught:
        portals.prepare(b"", None)
    assert caught.value.sqlstate == "54000"
    assert str(MOST_STATEMENTS) in (caught.value.detail or "")
    portals.close_statement(b"0")
    portals.prepare(b"", None)
    # the unnamed one gives its place to its successor
    portals.prepare(b"", None)


def test_so_many_portals_are_kept_and_no_more(portals: Portals) -> None:
    for number in range(MOST_PORTALS):
        portals.bind(str(number).encode(), Portal(None, ()))
    with pytest.raises(ConsoleError, match="too many portals") as caught:
        portals.bind(b"", Portal(None, ()))
    assert caught.value.sqlstate == "54000"
    portals.close_portals()
    portals.bind(b"", Portal(None, ()))


def test_so_many_rows_are_kept_and_no_more(
    portals: Portals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portals_module, "MOST_KEPT_BYTES", 10)
    for name in (b"p", b"q"):
        portal = Portal(None, ())
        portal.rows.append(b"12345")
        portals.bind(name, portal)
    portals.check_kept()
    portals.portal(b"q").rows.append(b"6")
    with pytest.raises(ConsoleError, match="too many rows") as caught:
        portals.check_kept()
    assert caught.value.sqlstate == "54000"
