"""Who a client is, in the log and out of it."""

import time
from dataclasses import replace
from typing import Any

import pytest

from pgpool_py import errors
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.log_wishes import LogWishes
from pgpool_py.reasons import Reason
from tests.client.parties import IDENTITY


def identity(**changed: Any) -> ClientIdentity:
    """Return that of a visitor with something changed."""
    return replace(IDENTITY, visitor=replace(IDENTITY.visitor, **changed))


def test_a_client_is_named_by_number_database_user_and_address() -> None:
    assert str(IDENTITY) == "C-0x5: app/alice@127.0.0.1:50000"


def test_what_is_known_of_a_client_has_fields_of_its_own() -> None:
    assert replace(IDENTITY, application="web").facts() == {
        "client": "0x5",
        "client_addr": "127.0.0.1",
        "client_port": 50000,
        "database": "app",
        "user": "alice",
        "application_name": "web",
    }


def test_its_cancel_key_is_shown_nowhere() -> None:
    assert "safe" not in repr(IDENTITY)


def test_its_end_is_one_line_and_an_error_one_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    since = identity(connected=time.time() - 61.5)
    since.note_close(Reason.ADMIN_DISCONNECT, errors.admin_disconnect())
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", "pooler error: admin forced disconnect"),
        ("INFO", "closing because: admin forced disconnect (age=61s)"),
    ]


def test_without_log_disconnections_only_errors_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    quiet = identity(wishes=LogWishes(disconnections=False))
    quiet.note_close(Reason.CLIENT_CLOSE_REQUEST, None)
    assert caplog.records == []
    quiet.note_close(Reason.ADMIN_DISCONNECT, errors.admin_disconnect())
    assert len(caplog.records) == 1


def test_without_log_pooler_errors_only_closes_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    quiet = identity(wishes=LogWishes(pooler_errors=False))
    quiet.note_close(Reason.ADMIN_DISCONNECT, errors.admin_disconnect())
    (line,) = caplog.messages
    assert line.startswith("closing because: admin forced disconnect (age=")
