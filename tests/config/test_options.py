"""Tests of ``pgpool_py/config/options.py`` and ``option.py``."""

import ast
import dataclasses
import sys
from pathlib import Path

import pytest

from pgpool_py.config.option import Effect
from pgpool_py.config.options import OPTIONS
from pgpool_py.settings import AuthType, LogFormat, Multiplex, Settings, SslMode

# PgBouncer 1.25.2's settings with the text of their defaults; None is NULL.
PGBOUNCER_DEFAULTS: dict[str, str | None] = {
    # Listening and process
    "listen_addr": "",
    "listen_port": "6432",
    "listen_backlog": "128",
    "unix_socket_dir": "/tmp",
    "unix_socket_mode": "0777",
    "unix_socket_group": "",
    "so_reuseport": "0",
    "tcp_defer_accept": "1" if sys.platform == "linux" else "0",
    "tcp_keepalive": "1",
    "tcp_keepcnt": "0",
    "tcp_keepidle": "0",
    "tcp_keepintvl": "0",
    "tcp_user_timeout": "0",
    "tcp_socket_buffer": "0",
    "user": None,
    "pidfile": "",
    "job_name": "pgbouncer",
    "conffile": "",  # PgBouncer: the path on the command line; load() fills it in
    "peer_id": "0",
    "resolv_conf": "",
    "suspend_timeout": "10",
    # Logging and statistics
    "logfile": "",
    "syslog": "0",
    "syslog_ident": "pgbouncer",
    "syslog_facility": "daemon",
    "log_connections": "1",
    "log_disconnections": "1",
    "log_pooler_errors": "1",
    "log_stats": "1",
    "stats_period": "60",
    "verbose": "0",
    "admin_users": "",
    "stats_users": "",
    # Pooling
    "pool_mode": "session",
    "max_client_conn": "100",
    "default_pool_size": "20",
    "min_pool_size": "0",
    "reserve_pool_size": "0",
    "reserve_pool_timeout": "5",
    "max_db_connections": "0",
    "max_user_connections": "0",
    "max_db_client_connections": "0",
    "max_user_client_connections": "0",
    "server_round_robin": "0",
    "max_prepared_statements": "200",
    "track_extra_parameters": "IntervalStyle",
    "ignore_startup_parameters": "",
    "disable_pqexec": "0",
    "application_name_add_host": "0",
    "query_wait_notify": "5",
    "login_notify_message": "",
    "autodb_idle_timeout": "3600",
    "pool_idle_timeout": "0",
    # Life of a server connection
    "server_reset_query": "DISCARD ALL",
    "server_reset_query_always": "0",
    "server_check_delay": "30",
    "server_check_query": "<empty>",
    "server_fast_close": "0",
    "server_lifetime": "3600",
    "server_idle_timeout": "600",
    "server_connect_timeout": "15",
    "server_login_retry": "15",
    # Limits on clients
    "client_login_timeout": "60",
    "client_idle_timeout": "0",
    "query_timeout": "0",
    "query_wait_timeout": "120",
    "cancel_wait_timeout": "10",
    "idle_transaction_timeout": "0",
    "transaction_timeout": "0",
    # Authentication
    "auth_type": "md5",
    "auth_file": None,
    "auth_hba_file": "",
    "auth_ident_file": None,
    "auth_user": None,
    "auth_query": "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE "
    "rolpassword END FROM pg_authid WHERE rolname=$1 AND rolcanlogin",
    "auth_dbname": None,
    "auth_ldap_options": None,
    "scram_iterations": "4096",
    # TLS
    "client_tls_sslmode": "disable",
    "client_tls_key_file": "",
    "client_tls_cert_file": "",
    "client_tls_ca_file": "",
    "client_tls_protocols": "secure",
    "client_tls_ciphers": "default",
    "client_tls13_ciphers": None,
    "client_tls_ecdhcurve": "auto",
    "client_tls_dheparams": "auto",
    "server_tls_sslmode": "prefer",
    "server_tls_key_file": "",
    "server_tls_cert_file": "",
    "server_tls_ca_file": "",
    "server_tls_protocols": "secure",
    "server_tls_ciphers": "default",
    "server_tls13_ciphers": None,
    # DNS
    "dns_max_ttl": "15",
    "dns_nxdomain_ttl": "15",
    "dns_zone_check_period": "0",
    # Buffers
    "pkt_buf": "4096",
    "max_packet_size": "2147483647",
    "sbuf_loopcnt": "5",
}

BOOT_ONLY = {
    "listen_addr",
    "listen_port",
    "listen_backlog",
    "unix_socket_dir",
    "unix_socket_mode",
    "unix_socket_group",
    "so_reuseport",
    "user",
    "pidfile",
    "job_name",
    "resolv_conf",
    "track_extra_parameters",
    "disable_pqexec",
    "pkt_buf",
    "allow_root",  # ours
    "multiplexing_ignore",  # ours
    "http_listen",  # ours
}

OURS: dict[str, object] = {
    "max_wait_queue": 0,
    "client_gone_grace": 1.0,
    "server_drain_timeout": 5.0,
    "shutdown_grace": 0.0,
    "shutdown_timeout": 0.0,
    "client_buffer_limit": 262144,
    "max_listen_channels": 100,
    "notification_buffer_limit": 1048576,
    "allow_root": False,
    "server_tls_sslnegotiation": "postgres",
    "debug_rotate_servers": False,
    "session_state": "track",
    "max_pinned": 0,
    "pin_timeout": 0.0,
    "multiplexing": Multiplex.OFF,
    "multiplexing_depth": 16,
    "multiplexing_patience": 0.005,
    "multiplexing_reply_limit": 65536,
    "multiplexing_ignore": ("application_name",),
    "http_listen": None,
    "log_format": LogFormat.PGBOUNCER,
    "log_min_duration": 0.0,
    "log_statement_text": False,
    "http_token": "",
    "http_token_file": "",
    "readiness_needs_server": False,
    "leak_detection_threshold": 60.0,
    "alert_utilisation": 0.8,
    "alert_utilisation_time": 60.0,
    "alert_wait": 5.0,
}


ROOT = Path(__file__).parents[2]

# Read where the configuration is loaded: the pooler gets the secrets themselves.
READ_BY_CONFIG = {
    "auth_file": "load.py",
    "auth_hba_file": "auth_files.py",
    "auth_ident_file": "auth_files.py",
    "http_token": "http_token.py",
    "http_token_file": "http_token.py",
}


def names_read(path: Path) -> set[str]:
    """Return every attribute that this source reads off something."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


@pytest.fixture(scope="module")
def read_outside() -> set[str]:
    """Return what is read in all rooms but those that only carry settings."""
    package = ROOT / "pgpool_py"
    return set().union(
        *(
            names_read(path)
            for path in package.rglob("*.py")
            if path.parent != package / "config" and path.parent != package / "settings"
        )
    )


def test_there_are_a_hundred_settings_of_pgbouncers_and_ours() -> None:
    theirs = {name for name, option in OPTIONS.items() if not option.ours}
    assert theirs == set(PGBOUNCER_DEFAULTS)
    assert len(theirs) == 100
    assert set(OPTIONS) - theirs == set(OURS)


def test_every_row_has_a_field_and_every_field_a_row() -> None:
    sections = {"databases", "users", "peers"}
    fields = [field.name for field in dataclasses.fields(Settings)]
    assert [name for name in fields if name not in sections] == list(OPTIONS)


@pytest.mark.parametrize(("name", "text"), PGBOUNCER_DEFAULTS.items())
def test_the_default_is_pgbouncers(name: str, text: str | None) -> None:
    option = OPTIONS[name]
    assert option.default == (None if text is None else option.kind.parse(text))


@pytest.mark.parametrize(("name", "value"), OURS.items())
def test_our_own_have_their_defaults(name: str, value: object) -> None:
    assert OPTIONS[name].default == value


@pytest.mark.parametrize("name", OPTIONS)
def test_a_default_can_be_written_in_a_file(name: str) -> None:
    option = OPTIONS[name]
    text = option.kind.show(option.default)
    again = option.kind.parse(text or "")
    assert again == option.default
    assert type(again) is type(option.default)


def test_what_a_reload_cannot_change_is_what_pgbouncer_cannot() -> None:
    assert {n for n, option in OPTIONS.items() if not option.reloadable} == BOOT_ONLY


@pytest.mark.parametrize(
    ("name", "value", "effect"),
    [
        ("pool_mode", "transaction", Effect.WORKS),
        ("max_prepared_statements", 0, Effect.WORKS),
        ("max_packet_size", 1024, Effect.WORKS),
        ("log_pooler_errors", False, Effect.WORKS),
        ("conffile", "other.ini", Effect.WORKS),
        ("so_reuseport", True, Effect.WORKS),
        ("auth_type", AuthType.SCRAM_SHA_256, Effect.WORKS),
        ("auth_type", AuthType.ANY, Effect.WORKS),
        ("auth_type", AuthType.CERT, Effect.WORKS),
        ("auth_type", AuthType.HBA, Effect.WORKS),
        ("auth_type", AuthType.LDAP, Effect.SECURITY),
        ("auth_type", AuthType.PAM, Effect.SECURITY),
        ("auth_hba_file", "hba.conf", Effect.WORKS),
        ("auth_query", "select", Effect.WORKS),
        ("disable_pqexec", True, Effect.WORKS),
        ("client_tls_sslmode", SslMode.REQUIRE, Effect.WORKS),
        ("server_tls_sslmode", SslMode.VERIFY_FULL, Effect.WORKS),
        ("client_tls_dheparams", "legacy", Effect.LATER),
    ],
)
def test_the_effect_depends_on_the_value(
    name: str, value: object, effect: Effect
) -> None:
    assert OPTIONS[name].effect_of(value) is effect


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - READ_BY_CONFIG))
def test_what_works_is_read_somewhere_and_all_else_nowhere(
    name: str, read_outside: set[str]
) -> None:
    works = OPTIONS[name].effect is Effect.WORKS
    assert (name in read_outside) is works


@pytest.mark.parametrize(("name", "file"), READ_BY_CONFIG.items())
def test_what_is_read_at_loading_works(name: str, file: str) -> None:
    assert OPTIONS[name].effect is Effect.WORKS
    assert name in names_read(ROOT / "pgpool_py/config" / file)


@pytest.mark.parametrize("text", ["0", "0.09"])
def test_a_server_gets_some_time_to_be_cleared(text: str) -> None:
    with pytest.raises(ValueError, match=r"between 0\.1 and .* never be cleared"):
        OPTIONS["server_drain_timeout"].kind.parse(text)
    assert OPTIONS["server_drain_timeout"].kind.parse("0.1") == 0.1


def test_every_row_says_what_it_means_in_a_line() -> None:
    for option in OPTIONS.values():
        assert option.meaning
        assert "\n" not in option.meaning


def test_times_have_a_unit() -> None:
    assert OPTIONS["server_lifetime"].unit == "seconds"
    assert OPTIONS["tcp_user_timeout"].unit == "milliseconds"
    assert OPTIONS["max_packet_size"].unit == "bytes"
    assert OPTIONS["logfile"].unit == ""
