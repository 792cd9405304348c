"""The columns of every SHOW, written down apart from the code."""

import pytest

from pgpool_py.admin.directory import SHOWS, prepare
from pgpool_py.errors import ConsoleError

TEXT, INT4, NUMERIC = (25, -1), (23, 4), (1700, -1)

POOLS = [
    ("database", TEXT),
    ("user", TEXT),
    ("cl_active", INT4),
    ("cl_waiting", INT4),
    ("cl_active_cancel_req", INT4),
    ("cl_waiting_cancel_req", INT4),
    ("sv_active", INT4),
    ("sv_active_cancel", INT4),
    ("sv_being_canceled", INT4),
    ("sv_idle", INT4),
    ("sv_used", INT4),
    ("sv_tested", INT4),
    ("sv_login", INT4),
    ("maxwait", INT4),
    ("maxwait_us", INT4),
    ("pool_mode", TEXT),
    ("load_balance_hosts", TEXT),
]
SOCKETS = [
    ("type", TEXT),
    ("user", TEXT),
    ("database", TEXT),
    ("replication", TEXT),
    ("state", TEXT),
    ("addr", TEXT),
    ("port", INT4),
    ("local_addr", TEXT),
    ("local_port", INT4),
    ("connect_time", TEXT),
    ("request_time", TEXT),
    ("wait", INT4),
    ("wait_us", INT4),
    ("close_needed", INT4),
    ("ptr", TEXT),
    ("link", TEXT),
    ("remote_pid", INT4),
    ("tls", TEXT),
    ("application_name", TEXT),
    ("prepared_statements", INT4),
    ("id", INT4),
]
DATABASES = [
    ("name", TEXT),
    ("host", TEXT),
    ("port", INT4),
    ("database", TEXT),
    ("force_user", TEXT),
    ("pool_size", INT4),
    ("min_pool_size", INT4),
    ("reserve_pool_size", INT4),
    ("server_lifetime", INT4),
    ("pool_mode", TEXT),
    ("load_balance_hosts", TEXT),
    ("max_connections", INT4),
    ("current_connections", INT4),
    ("max_client_connections", INT4),
    ("current_client_connections", INT4),
    ("paused", INT4),
    ("disabled", INT4),
]
STATS = [
    ("database", TEXT),
    ("total_server_assignment_count", NUMERIC),
    ("total_xact_count", NUMERIC),
    ("total_query_count", NUMERIC),
    ("total_received", NUMERIC),
    ("total_sent", NUMERIC),
    ("total_xact_time", NUMERIC),
    ("total_query_time", NUMERIC),
    ("total_wait_time", NUMERIC),
    ("total_client_parse_count", NUMERIC),
    ("total_server_parse_count", NUMERIC),
    ("total_bind_count", NUMERIC),
    ("total_client_login_count", NUMERIC),
    ("avg_server_assignment_count", NUMERIC),
    ("avg_xact_count", NUMERIC),
    ("avg_query_count", NUMERIC),
    ("avg_recv", NUMERIC),
    ("avg_sent", NUMERIC),
    ("avg_xact_time", NUMERIC),
    ("avg_query_time", NUMERIC),
    ("avg_wait_time", NUMERIC),
    ("avg_client_parse_count", NUMERIC),
    ("avg_server_parse_count", NUMERIC),
    ("avg_bind_count", NUMERIC),
    ("avg_client_login_count", NUMERIC),
]
COLUMNS = {
    "help": [],
    "databases": DATABASES,
    "pools": POOLS,
    "clients": SOCKETS,
    "servers": SOCKETS,
    "stats": STATS,
    "version": [("version", TEXT)],
}


def test_every_show_has_its_columns_written_down_here() -> None:
    assert set(SHOWS) == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_have_names_order_and_types_of_pgbouncer(name: str) -> None:
    columns = prepare(f"SHOW {name}", admin=False).columns
    assert [(c.name, (c.kind.oid, c.kind.size)) for c in columns] == COLUMNS[name]


def test_columns_are_known_before_anything_is_run() -> None:
    assert len(prepare("SHOW POOLS", admin=False).columns) == 17


@pytest.mark.parametrize(
    "query",
    [
        "SHOW",
        "SHOW nonsense",
        "SELECT 1",
        "RELOAD shop",
        "SHUTDOWN NOW",
        "FETCH pools",
        'SHOW ""',
    ],
)
def test_an_unknown_command_is_refused_to_anybody(query: str) -> None:
    for admin in (True, False):
        with pytest.raises(ConsoleError) as caught:
            prepare(query, admin=admin)
        assert caught.value.message == f"invalid command '{query}', use SHOW HELP;"


@pytest.mark.parametrize(
    "query",
    [
        "RELOAD",
        "PAUSE",
        "PAUSE shop",
        "RESUME",
        "SHUTDOWN",
        "SHUTDOWN WAIT_FOR_CLIENTS",
        "SET verbose = 1",
    ],
)
def test_only_an_admin_changes_anything(query: str) -> None:
    with pytest.raises(ConsoleError) as caught:
        prepare(query, admin=False)
    assert caught.value.message == "admin access needed"
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize("name", COLUMNS)
def test_a_stats_user_sees_everything(name: str) -> None:
    prepare(f"SHOW {name}", admin=False)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ConsoleError) as caught:
        prepare("SET verbose = 1", admin=True)
    assert caught.value.message == "SET failed"
