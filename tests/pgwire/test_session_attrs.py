"""What target_session_attrs asks of a server: libpq's table, row by row."""

import pytest

from pgwire.session_attrs import TargetSessionAttrs, misfit, question

ANY = TargetSessionAttrs.ANY
READ_WRITE = TargetSessionAttrs.READ_WRITE
READ_ONLY = TargetSessionAttrs.READ_ONLY
PRIMARY = TargetSessionAttrs.PRIMARY
STANDBY = TargetSessionAttrs.STANDBY
PREFER_STANDBY = TargetSessionAttrs.PREFER_STANDBY

NOT_STANDBY = "server is not in hot standby mode"
IS_STANDBY = "server is in hot standby mode"
CAN_WRITE = "session is not read-only"
CANNOT_WRITE = "session is read-only"


def reported(standby: str, read_only: str) -> dict[str, str]:
    return {"in_hot_standby": standby, "default_transaction_read_only": read_only}


@pytest.mark.parametrize(
    ("wanted", "primary", "read_only_primary", "standby"),
    [
        (ANY, "", "", ""),
        (READ_WRITE, "", CANNOT_WRITE, CANNOT_WRITE),
        (READ_ONLY, CAN_WRITE, "", ""),
        (PRIMARY, "", "", IS_STANDBY),
        (STANDBY, NOT_STANDBY, NOT_STANDBY, ""),
        (PREFER_STANDBY, NOT_STANDBY, NOT_STANDBY, ""),
    ],
)
def test_a_server_that_reports_what_it_is_is_not_asked(
    wanted: TargetSessionAttrs, primary: str, read_only_primary: str, standby: str
) -> None:
    for standing, fault in (
        (reported("off", "off"), primary),
        (reported("off", "on"), read_only_primary),
        (reported("on", "off"), standby),
    ):
        assert question(wanted, standing) == ""
        assert misfit(wanted, standing) == fault


@pytest.mark.parametrize(
    ("wanted", "fault_of_no", "fault_of_yes"),
    [
        (READ_WRITE, "", CANNOT_WRITE),
        (READ_ONLY, CAN_WRITE, ""),
        (PRIMARY, "", IS_STANDBY),
        (STANDBY, NOT_STANDBY, ""),
        (PREFER_STANDBY, NOT_STANDBY, ""),
    ],
)
def test_an_older_server_is_asked(
    wanted: TargetSessionAttrs, fault_of_no: str, fault_of_yes: str
) -> None:
    if wanted in {READ_WRITE, READ_ONLY}:
        asked, no, yes = "SHOW transaction_read_only", b"off", b"on"
    else:
        asked, no, yes = "SELECT pg_catalog.pg_is_in_recovery()", b"f", b"t"
    assert question(wanted, {"server_version": "13.22"}) == asked
    assert misfit(wanted, {}, no) == fault_of_no
    assert misfit(wanted, {}, yes) == fault_of_yes


def test_whoever_takes_any_server_asks_nothing() -> None:
    assert question(ANY, {}) == ""


def test_half_a_report_does_not_tell_whether_it_can_be_written_to() -> None:
    assert question(READ_WRITE, {"in_hot_standby": "off"})
    assert not question(PRIMARY, {"in_hot_standby": "off"})
