"""Tests of ``pgpool_py/errors``."""

import pytest

from pgpool_py import errors
from pgpool_py.errors import PoolerError, Severity
from pgwire.classification import Touch
from pgwire.diagnostics import error as error_response

REFUSED = error_response("ERROR", "42501", "no")

# The message that tools search for, and the SQLSTATE.
ROWS: list[tuple[PoolerError, str, str]] = [
    (
        errors.no_more_connections(9),
        "no more connections allowed (max_client_conn)",
        "53300",
    ),
    (
        errors.too_many_database_clients("d", 9),
        "client connections exceeded (max_db_client_connections)",
        "53300",
    ),
    (
        errors.too_many_user_clients("u", 9),
        "client connections exceeded (max_user_client_connections)",
        "53300",
    ),
    (errors.pin_timeout(9, "advisory lock"), "pin_timeout", "57P05"),
    (
        errors.pinned_unseen(9, "somebody"),
        "too many clients keep a server for their session state (max_pinned)",
        "53300",
    ),
    (
        errors.too_much_state(9),
        "too many session parameters were set where it cannot be seen",
        "53400",
    ),
    (
        errors.too_many_channels_unseen(9),
        "too many channels are listened to (max_listen_channels)",
        "54000",
    ),
    (errors.query_wait_timeout(9, 4), "query_wait_timeout", "53300"),
    (errors.not_allowed("u"), "not allowed", "28000"),
    (errors.no_such_database("d"), "no such database: d", "3D000"),
    (errors.shutting_down_at_login(), "pooler is shutting down", "57P03"),
    (errors.bouncer_config_error("why"), "bouncer config error", "08P01"),
    (errors.username_too_long(127), "username too long", "08P01"),
    (errors.password_too_long(127), "password too long", "08P01"),
    (
        errors.unsupported_startup_parameter("x"),
        "unsupported startup parameter: x",
        "42704",
    ),
    (
        errors.unsupported_startup_parameter("x", in_options=True),
        "unsupported startup parameter in options: x",
        "42704",
    ),
    (
        errors.unsupported_options(),
        (
            "unsupported options startup parameter: "
            "only '-c config=val' and '--config=val' are allowed"
        ),
        "42704",
    ),
    (
        errors.invalid_replication("x"),
        'invalid value for parameter "replication": "x"',
        "22023",
    ),
    (
        errors.startup_too_long("too much"),
        "the startup parameters cannot be passed on to the server",
        "08P01",
    ),
    (errors.client_login_timeout(9), "client_login_timeout", "08P01"),
    (
        errors.client_login_timeout(9, server_down=True),
        "client_login_timeout (server down)",
        "08P01",
    ),
    (errors.client_idle_timeout(9), "client_idle_timeout", "57P05"),
    (errors.query_timeout(9, Severity.FATAL), "query timeout", "57014"),
    (errors.idle_transaction_timeout(9), "idle transaction timeout", "25P03"),
    (errors.transaction_timeout(9), "transaction timeout", "25P04"),
    (
        errors.server_login_failing("connect failed", "h:1", 15),
        (
            "server login has been failing, cached error: connect failed "
            "(server_login_retry)"
        ),
        "08001",
    ),
    (
        errors.examination_overdue(5.0),
        "session state could not be found out (server_drain_timeout)",
        "08006",
    ),
    (errors.server_lost(in_flight=True), "server conn crashed?", "08006"),
    (errors.server_shutting_down(), "server shutting down", "57P01"),
    (errors.shutting_down(), "pooler is shutting down", "57P01"),
    (errors.admin_disconnect(), "admin forced disconnect", "57P01"),
    (errors.database_removed("d"), "database removed", "57P01"),
    (errors.database_reconfigured("d"), "database configuration changed", "57P01"),
    (
        errors.transaction_in_statement_mode(Severity.FATAL),
        "transaction blocks not allowed in statement pooling mode",
        "0A000",
    ),
    (
        errors.notifications_not_taken(9),
        "notifications are not taken (notification_buffer_limit)",
        "54000",
    ),
    (errors.startup_repeated(), "client re-sent startup pkt", "08P01"),
    (errors.unencrypted_data(), "received unencrypted data after SSL request", "08P01"),
]


@pytest.mark.parametrize(("error", "message", "sqlstate"), ROWS)
def test_a_fatal_error_has_pgbouncers_text_and_a_code_drivers_know(
    error: PoolerError, message: str, sqlstate: str
) -> None:
    assert error.message == message
    assert error.sqlstate == sqlstate
    assert error.fatal


@pytest.mark.parametrize(
    ("error", "sqlstate"),
    [
        (errors.query_timeout(9), "57014"),
        (errors.canceled(), "57014"),
        (errors.transaction_in_statement_mode(), "0A000"),
        (errors.console_error("invalid command"), "08P01"),
        (errors.reload_failed(), "F0000"),
        (errors.too_many_channels(9), "54000"),
        (errors.no_server_for_listen(9, full=True), "53300"),
        (errors.listen_refused(errors.server_refused(REFUSED)), "42501"),
    ],
)
def test_an_error_after_which_the_session_goes_on_is_not_fatal(
    error: PoolerError, sqlstate: str
) -> None:
    assert error.severity is Severity.ERROR
    assert error.sqlstate == sqlstate
    assert not error.fatal


def test_a_limit_names_its_value_and_the_setting_to_change() -> None:
    error = errors.no_more_connections(100)
    assert error.detail == "max_client_conn is 100 and all are in use."
    assert error.hint is not None
    assert "max_client_conn" in error.hint


def test_the_queue_tells_how_long_it_waited_and_for_how_many_servers() -> None:
    assert errors.query_wait_timeout(0.5, 4).detail == (
        "No server became free within 0.5 s. The pool may have 4 servers."
    )
    assert errors.query_wait_timeout(120.0, 0).detail == (
        "No server became free within 120 s."
    )


def test_a_lost_server_says_whether_the_statement_may_have_run() -> None:
    assert errors.server_lost(in_flight=True).detail == (
        "The statement may have been executed."
    )
    assert errors.server_lost(in_flight=False).detail == "No statement was running."


def test_an_examination_that_took_too_long_names_the_limit_and_its_setting() -> None:
    error = errors.examination_overdue(5.0)
    assert "server_drain_timeout is 5 s." in str(error.detail)
    assert "raise server_drain_timeout" in str(error.hint)


def test_str_is_the_message_with_the_detail() -> None:
    assert str(errors.admin_disconnect()) == "admin forced disconnect"
    assert str(errors.server_lost(in_flight=False)) == (
        "server conn crashed? (No statement was running.)"
    )


def test_every_error_is_of_one_family() -> None:
    assert all(isinstance(error, PoolerError) for error, _, _ in ROWS)
    assert isinstance(errors.no_more_connections(1), errors.LimitError)
    assert isinstance(errors.wait_queue_full(1), errors.LimitError)
    assert isinstance(errors.protocol_violation("x"), errors.ClientProtocolError)


@pytest.mark.parametrize(
    ("error", "sqlstate", "words"),
    [
        (errors.too_many_pinned(2, "a (advisory lock)"), "53300", "max_pinned is 2"),
        (errors.session_state_rejected(Touch.LOCKS, "LOCK ?"), "55000", "LOCK ?"),
        # What nothing is said about goes by what it is.
        (errors.session_state_rejected(Touch.NOTIFY, "x"), "55000", "reject"),
    ],
)
def test_session_state_that_cannot_be_kept_ends_a_statement_and_no_session(
    error: PoolerError, sqlstate: str, words: str
) -> None:
    assert not error.fatal
    assert error.sqlstate == sqlstate
    assert words in str(error.detail)
    assert error.hint == str(error.hint).strip()
