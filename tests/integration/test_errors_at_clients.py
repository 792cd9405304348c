"""Every error that PgBouncer has for clients, as it reaches one here.

The order is that of PgBouncer's own list. What needs another system user is in
``tests/pooler/test_console_access.py``. ``out of memory`` and ``bouncer config error``
cannot be brought about by a client.
"""

from dataclasses import dataclass

import pytest

from tests.fixtures.pooling import StartPooler
from tests.integration import provoking as how
from tests.integration import provoking_logins as logins
from tests.integration.provoking import Provoke

FAILING = "server login has been failing, cached error: "


@dataclass(frozen=True, slots=True)
class Row:
    """One error: how it comes about, its fields, and what DETAIL or HINT must name."""

    provoke: Provoke
    severity: str
    sqlstate: str
    message: str
    names: tuple[str, ...] = ()


ROWS = {
    "max_client_conn": Row(
        how.too_many_clients,
        "FATAL",
        "53300",
        "no more connections allowed (max_client_conn)",
        ("max_client_conn is 1",),
    ),
    "max_db_client_connections": Row(
        how.too_many_of_database,
        "FATAL",
        "53300",
        "client connections exceeded (max_db_client_connections)",
        ('"app" may have 1', "max_db_client_connections"),
    ),
    "max_user_client_connections": Row(
        how.too_many_of_user,
        "FATAL",
        "53300",
        "client connections exceeded (max_user_client_connections)",
        ('"postgres" may have 1', "max_user_client_connections"),
    ),
    "max_wait_queue": Row(
        how.queue_full,
        "FATAL",
        "53300",
        "too many clients are waiting for a server (max_wait_queue)",
        ("max_wait_queue is 1",),
    ),
    "no such database": Row(
        logins.unknown_database,
        "FATAL",
        "3D000",
        "no such database: nowhere",
        ("[databases]",),
    ),
    "DISABLE": Row(
        logins.disabled_database, "FATAL", "3D000", 'database "app" is disabled'
    ),
    "no such user": Row(
        logins.unknown_user, "FATAL", "28P01", '"trust" authentication failed'
    ),
    "plain": Row(
        logins.wrong_password("plain"),
        "FATAL",
        "28P01",
        "password authentication failed",
    ),
    "md5": Row(
        logins.wrong_password("md5"), "FATAL", "28P01", "password authentication failed"
    ),
    "scram-sha-256": Row(
        logins.wrong_proof, "FATAL", "28P01", "SASL authentication failed"
    ),
    "an empty password": Row(
        logins.wrong_password("plain", b""),
        "FATAL",
        "28P01",
        "empty password returned by client",
    ),
    "not allowed": Row(
        logins.no_business_there, "FATAL", "28000", "not allowed", ("admin_users",)
    ),
    "no user": Row(logins.no_user, "FATAL", "08P01", "no username supplied"),
    "a long user": Row(
        logins.long_user, "FATAL", "08P01", "username too long", ("127",)
    ),
    "a long password": Row(
        logins.long_password, "FATAL", "08P01", "password too long", ("limit is",)
    ),
    "a parameter": Row(
        logins.unknown_parameter,
        "FATAL",
        "42704",
        "unsupported startup parameter: work_mem",
        ("ignore_startup_parameters",),
    ),
    "a parameter in options": Row(
        logins.unknown_option,
        "FATAL",
        "42704",
        "unsupported startup parameter in options: work_mem",
        ("ignore_startup_parameters",),
    ),
    "options": Row(
        logins.no_option,
        "FATAL",
        "42704",
        "unsupported options startup parameter: only '-c config=val' and "
        "'--config=val' are allowed",
    ),
    "no terminator": Row(
        logins.no_terminator,
        "FATAL",
        "08P01",
        "invalid startup packet layout: expected terminator as last byte",
    ),
    "protocol 2": Row(
        logins.protocol_2, "FATAL", "08P01", "old V2 protocol not supported"
    ),
    "no protocol": Row(
        logins.no_protocol, "FATAL", "08P01", "bad packet header: '47455420'"
    ),
    "a second startup packet": Row(
        logins.second_startup, "FATAL", "08P01", "client re-sent startup pkt"
    ),
    "plain bytes behind SSLRequest": Row(
        logins.glued_to_ssl,
        "FATAL",
        "08P01",
        "received unencrypted data after SSL request",
    ),
    "client_login_timeout": Row(
        how.slow_login, "FATAL", "08P01", "client_login_timeout", ("0.2 s",)
    ),
    "client_login_timeout, server down": Row(
        how.slow_server,
        "FATAL",
        "08P01",
        "client_login_timeout (server down)",
        ("0.2 s",),
    ),
    "query_wait_timeout": Row(
        how.long_wait, "FATAL", "53300", "query_wait_timeout", ("0.2 s", "pool_size")
    ),
    # PostgreSQL's own words: it is PostgreSQL that cancels.
    "query_timeout": Row(
        how.long_query, "ERROR", "57014", "canceling statement due to user request"
    ),
    "idle_transaction_timeout": Row(
        how.idle_in_transaction,
        "FATAL",
        "25P03",
        "idle transaction timeout",
        ("idle_transaction_timeout is 0.2 s",),
    ),
    "transaction_timeout": Row(
        how.long_transaction,
        "FATAL",
        "25P04",
        "transaction timeout",
        ("transaction_timeout is 0.2 s",),
    ),
    "client_idle_timeout": Row(
        how.idle, "FATAL", "57P05", "client_idle_timeout", ("0.2 s",)
    ),
    "suspend_timeout": Row(
        how.restless, "FATAL", "57P01", "suspend_timeout", ("0.2 s",)
    ),
    "no server at the first login": Row(
        how.nobody_there,
        "FATAL",
        "08001",
        FAILING + "connect failed: Connection refused (server_login_retry)",
        ("127.0.0.1:", "next attempt"),
    ),
    "no server later": Row(
        how.nobody_there_any_more,
        "FATAL",
        "08001",
        FAILING + "connect failed: Connection refused (server_login_retry)",
        ("127.0.0.1:", "next attempt"),
    ),
    "the server's refusal": Row(
        how.unknown_to_postgresql,
        "FATAL",
        "3D000",
        'database "nowhere" does not exist',
    ),
    "the server's end": Row(
        how.terminated,
        "FATAL",
        "57P01",
        "terminating connection due to administrator command",
    ),
    "a server lost while busy": Row(
        how.lost_while_busy,
        "FATAL",
        "08006",
        "server conn crashed?",
        ("may have been executed",),
    ),
    "a server lost in a transaction": Row(
        how.lost_in_transaction,
        "FATAL",
        "08006",
        "server conn crashed?",
        ("No statement was running",),
    ),
    "SHUTDOWN, at a login": Row(
        how.stopped_at_login, "FATAL", "57P03", "pooler is shutting down"
    ),
    "SHUTDOWN, of servers": Row(
        how.servers_let_go, "FATAL", "57P01", "server shutting down"
    ),
    "SHUTDOWN, at once": Row(
        how.stopped_while_in, "FATAL", "57P01", "pooler is shutting down"
    ),
    "KILL": Row(how.killed, "FATAL", "57P01", "database removed", ('"app"',)),
    "KILL_CLIENT": Row(how.killed_alone, "FATAL", "57P01", "admin forced disconnect"),
    "RELOAD without a database": Row(
        how.removed, "FATAL", "57P01", "database removed", ('"other"',)
    ),
    "server_fast_close": Row(
        how.led_elsewhere,
        "FATAL",
        "57P01",
        "database configuration changed",
        ('"app"',),
    ),
    "no such statement": Row(
        how.unknown_statement,
        "ERROR",
        "26000",
        'prepared statement "mine" does not exist',
    ),
    "a statement in use": Row(
        how.statement_in_use,
        "ERROR",
        "42P05",
        'prepared statement "mine" already exists',
    ),
    "a broken Parse": Row(
        how.broken_parse, "ERROR", "08P01", "invalid string in message"
    ),
    "pool_mode = statement": Row(
        how.in_statement_mode,
        "ERROR",
        "0A000",
        "transaction blocks not allowed in statement pooling mode",
        ("pool_mode is statement", "pool_mode = transaction"),
    ),
    "disable_pqexec": Row(
        how.simple_query, "ERROR", "0A000", "PQexec disallowed", ("disable_pqexec",)
    ),
    "an unknown message": Row(
        how.unknown_message, "FATAL", "08P01", "invalid frontend message type 0x21"
    ),
    "max_packet_size": Row(
        how.long_message,
        "FATAL",
        "08P01",
        "message too large (max_packet_size)",
        ("max_packet_size is 1000 bytes",),
    ),
    "a command": Row(
        how.unknown_command,
        "ERROR",
        "08P01",
        "invalid command 'NONSENSE', use SHOW HELP;",
    ),
    "RELOAD of a faulty file": Row(
        how.faulty_reload,
        "ERROR",
        "F0000",
        "RELOAD failed, see logs for additional details",
        ("1 fault; nothing was changed",),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_an_error_has_its_text_its_code_and_the_way_out(
    start_pooler: StartPooler, name: str
) -> None:
    row = ROWS[name]
    error = row.provoke(start_pooler)
    found = (error.severity, error.sqlstate, error.message)
    assert found == (row.severity, row.sqlstate, row.message)
    # Not translated, whatever lc_messages is.
    assert error.fields["V"] == row.severity
    advice = error.fields.get("D", "") + error.fields.get("H", "")
    assert [name for name in row.names if name not in advice] == []
