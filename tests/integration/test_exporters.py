"""What watches PgBouncer watches the pooler: exporters, and scripts around psql."""

import csv
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import PATIENCE
from tests.integration import exporters
from tests.integration.programs import begin, finish
from tests.integration.wire import kinds, log_in

CONSOLE = "pgbouncer"


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    pooler = start_pooler(admin_users=USER, database_options="pool_size=7")
    pooler.keep(pooler.connect()).execute("SELECT 1")
    return pooler


def show(pooler: PoolerProcess, what: str) -> list[dict[str, Any]]:
    with pooler.connect(CONSOLE) as console:
        cursor = console.cursor(row_factory=dict_row)
        return cursor.execute(f"SHOW {what}".encode()).fetchall()


def row(pooler: PoolerProcess, what: str, name: str = "database") -> dict[str, Any]:
    [found] = [row for row in show(pooler, what) if row[name] == DATABASE]
    return found


def test_debians_exporter_reads_stats_pools_databases_and_lists(
    pooler: PoolerProcess,
) -> None:
    with exporters.exporting(exporters.current(), pooler) as metrics:
        lists = {row["list"]: row["items"] for row in show(pooler, "LISTS")}
    stats, pool = row(pooler, "STATS"), row(pooler, "POOLS")
    database = row(pooler, "DATABASES", "name")
    for name, value in {
        "received_bytes_total": stats["total_received"],
        "sent_bytes_total": stats["total_sent"],
        "query_microseconds_total": stats["total_query_time"],
    }.items():
        assert value > 0
        assert metrics[f"pgbouncer_{name}", DATABASE, None] == value
    for name in ("active", "waiting"):
        value = metrics[f"pgbouncer_{name}_clients", DATABASE, USER]
        assert value == pool[f"cl_{name}"]
    assert metrics["pgbouncer_active_clients", DATABASE, USER] == 1
    assert database["pool_size"] == 7
    # The exporter's label is the column `database`, the name that PostgreSQL knows.
    assert metrics["pgbouncer_pool_size", database["database"], None] == 7
    for name in ("databases", "users", "pools", "used_servers", "dns_pending"):
        assert metrics[f"pgbouncer_{name}", None, None] == lists[name]


def test_debians_exporter_as_it_is_misses_what_pgbouncer_lacks_too(
    pooler: PoolerProcess,
) -> None:
    process, _ = exporters.start(exporters.packaged(), pooler)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert printed.endswith("KeyError: 'total_requests'\n")
    # Where it is asked for a database that there is not, it needs no such column.
    with exporters.exporting(
        exporters.packaged(), pooler, "--database", "none"
    ) as metrics:
        assert metrics["pgbouncer_databases", None, None] == 2


def test_an_exporter_in_go_logs_in_and_asks(pooler: PoolerProcess) -> None:
    # The words that lib/pq sends with each login, and the commands of
    # prometheus-community/pgbouncer_exporter, all as simple queries. The console takes
    # extra_float_digits without ignore_startup_parameters.
    wire = log_in(
        pooler,
        CONSOLE,
        client_encoding="UTF8",
        datestyle="ISO, MDY",
        extra_float_digits="2",
    )
    for command in (
        "SHOW STATS",
        "SHOW VERSION;",
        "SHOW LISTS;",
        "SHOW CONFIG;",
        "SHOW STATS_TOTALS;",
        "SHOW POOLS;",
        "SHOW DATABASES;",
    ):
        replies = kinds(wire.query(command))
        assert replies == f"T{'D' * (len(replies) - 3)}CZ"
        assert "D" in replies


def test_a_script_parses_what_psql_prints_by_the_columns_names(
    pooler: PoolerProcess,
) -> None:
    def psql(*arguments: str) -> str:
        where = pooler.dsn(CONSOLE)
        return finish(begin(pooler, "psql", "-X", *arguments, database=where))

    lines = psql("--csv", "-c", "SHOW DATABASES").splitlines()
    [app] = [line for line in csv.DictReader(lines) if line["name"] == DATABASE]
    assert (app["pool_size"], app["pool_mode"], app["paused"]) == ("7", "", "0")
    expanded = psql("-At", "-c", r"\x", "-c", "SHOW POOLS").split("\n\n")
    [pool] = [part for part in expanded if f"database|{DATABASE}\n" in part]
    assert "cl_active|1\n" in pool
    assert "pool_mode|session" in pool
