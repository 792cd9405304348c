"""The columns of every SHOW, as PgBouncer 1.25.2 describes them on the wire."""

import pytest

from pgpool_py.admin.directory import SHOWS
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage

# OID and size, of PostgreSQL's catalog/pg_type.dat.
TEXT, INT4, INT8, NUMERIC = (25, -1), (23, 4), (20, 8), (1700, -1)

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
CLIENTS = [
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
STATS_PINS = [
    ("database", TEXT),
    ("user", TEXT),
    ("cl_pinned", INT8),
    ("pin_count", NUMERIC),
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
COUNTS = [
    ("database", TEXT),
    ("server_assignment_count", NUMERIC),
    ("xact_count", NUMERIC),
    ("query_count", NUMERIC),
    ("bytes_received", NUMERIC),
    ("bytes_sent", NUMERIC),
    ("xact_time", NUMERIC),
    ("query_time", NUMERIC),
    ("wait_time", NUMERIC),
]
TOTALS = [
    ("client_parse_count", NUMERIC),
    ("server_parse_count", NUMERIC),
    ("bind_count", NUMERIC),
    ("client_login_count", NUMERIC),
]
AVERAGES = [
    ("avg_client_parse_count", NUMERIC),
    ("avg_server_parse_count", NUMERIC),
    ("avg_bind_count", NUMERIC),
    ("avg_client_login_count", NUMERIC),
]
SOCKETS = [
    *CLIENTS,
    ("recv_pos", INT4),
    ("pkt_pos", INT4),
    ("pkt_remain", INT4),
    ("send_pos", INT4),
    ("send_remain", INT4),
    ("pkt_avail", INT4),
    ("send_avail", INT4),
]
USERS = [
    ("name", TEXT),
    ("pool_size", TEXT),
    ("reserve_pool_size", TEXT),
    ("pool_mode", TEXT),
    ("max_user_connections", INT4),
    ("current_connections", INT4),
    ("max_user_client_connections", INT4),
    ("current_client_connections", INT4),
]
CONFIG = [("key", TEXT), ("value", TEXT), ("default", TEXT), ("changeable", TEXT)]
MEM = [
    ("name", TEXT),
    ("size", INT4),
    ("used", INT4),
    ("free", INT4),
    ("memtotal", INT4),
]
PEERS = [("peer_id", INT4), ("host", TEXT), ("port", INT4), ("pool_size", INT4)]
PEER_POOLS = [
    ("peer_id", INT4),
    ("cl_active_cancel_req", INT4),
    ("cl_waiting_cancel_req", INT4),
    ("sv_active_cancel", INT4),
    ("sv_login", INT4),
]
# Not PgBouncer's.
MULTIPLEXING = [
    *((name, TEXT) for name in ("database", "user", "multiplexing")),
    *((name, INT4) for name in ("depth", "servers", "in_flight", "deepest")),
    ("shared", INT8),
    ("taken_back", INT8),
    ("impatient", INT8),
    ("rerun", INT8),
    ("refused", INT8),
    ("alone", INT8),
    ("slow", INT8),
    ("no_room", INT8),
]
PINS = [
    ("database", TEXT),
    ("user", TEXT),
    ("client", INT8),
    ("addr", TEXT),
    ("port", INT4),
    ("application_name", TEXT),
    ("remote_pid", INT4),
    ("holds", TEXT),
    ("fingerprint", TEXT),
    ("age", INT4),
]
LEAKS = [
    ("database", TEXT),
    ("user", TEXT),
    ("client", INT8),
    ("addr", TEXT),
    ("port", INT4),
    ("application_name", TEXT),
    ("remote_pid", INT4),
    ("idle", INT4),
    ("transaction", INT4),
    ("fingerprint", TEXT),
]
ADVICE = [
    ("database", TEXT),
    ("user", TEXT),
    ("pool_size", INT4),
    ("recommended", INT4),
    ("links_per_second", TEXT),
    ("held_ms", TEXT),
    ("mean_wait_ms", TEXT),
    ("p99_wait_ms", TEXT),
    ("why", TEXT),
]
COLUMNS = {
    "advice": ADVICE,
    "leaks": LEAKS,
    "active_sockets": SOCKETS,
    "clients": CLIENTS,
    "config": CONFIG,
    "databases": DATABASES,
    "dns_hosts": [("hostname", TEXT), ("ttl", INT8), ("addrs", TEXT)],
    "dns_zones": [("zonename", TEXT), ("serial", INT8), ("count", INT4)],
    "help": [],
    "lists": [("list", TEXT), ("items", INT4)],
    "mem": MEM,
    "peer_pools": PEER_POOLS,
    "peers": PEERS,
    "multiplexing": MULTIPLEXING,
    "pins": PINS,
    "pools": POOLS,
    "servers": CLIENTS,
    "sockets": SOCKETS,
    "state": [("key", TEXT), ("value", TEXT)],
    "stats": STATS,
    "stats_averages": [*COUNTS, *AVERAGES],
    "stats_pins": STATS_PINS,
    "stats_totals": [*COUNTS, *TOTALS],
    "totals": [("name", TEXT), ("value", NUMERIC)],
    "users": USERS,
    "version": [("version", TEXT)],
}


def test_every_show_has_its_columns_written_down_here() -> None:
    assert set(SHOWS) == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_have_names_order_and_types_of_pgbouncer(
    stage: Stage, name: str
) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    answer = opened(stage, admin=False).ask(f"SHOW {name}")
    found = [(column, (oid, size)) for column, oid, size in answer.columns]
    assert found == COLUMNS[name]
    assert answer.tags == ["SHOW"]
    assert all(len(row) == len(found) for row in answer.rows)
