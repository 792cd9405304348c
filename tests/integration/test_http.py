"""Probes and metrics of a pooler that serves, over HTTP."""

import json
import re
import signal
from pathlib import Path

import psycopg
import pytest

from pgpool_py.embedded.place import HOST
from tests.fixtures.messages import query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler, free_port
from tests.fixtures.waiting import until
from tests.integration.http_door import open_door
from tests.integration.programs import run
from tests.integration.wire import log_in


def test_it_is_ready_until_it_is_told_to_stop(start_pooler: StartPooler) -> None:
    door = open_door(start_pooler, shutdown_grace=60)
    client = door.pooler.keep(door.pooler.connect())
    assert door.get("/livez") == (200, "alive\n")
    assert door.get("/readyz") == (200, "ready\n")
    door.pooler.signal(signal.SIGTERM)
    until(lambda: door.get("/readyz") == (503, "draining\n"), "it drains")
    # It serves as before meanwhile.
    assert client.execute("SELECT 1").fetchone() == (1,)
    assert door.get("/livez") == (200, "alive\n")


def test_it_is_not_ready_while_no_server_can_be_reached(
    start_pooler: StartPooler,
) -> None:
    door = open_door(
        start_pooler,
        readiness_needs_server=1,
        server_idle_timeout=0,
    )
    until(lambda: door.get("/readyz")[0] == 200, "PostgreSQL is reached")
    door.pooler.files.place = f"host={HOST} port={free_port()}"
    door.pooler.reload()
    until(lambda: door.get("/readyz")[0] == 503, "nobody is reached any more")
    assert "Connection refused" in door.get("/readyz")[1]


def test_totals_are_what_clients_did(start_pooler: StartPooler) -> None:
    door = open_door(start_pooler)
    clients = [door.pooler.keep(door.pooler.connect()) for _ in range(3)]
    for client in clients:
        for _ in range(10):
            client.execute("SELECT 1")
    with pytest.raises(psycopg.errors.UndefinedTable):
        clients[0].execute("SELECT * FROM absent")
    with clients[1].transaction():
        clients[1].execute("SELECT 1")
    clients[2].close()
    until(lambda: len(door.pooler.backends()) == 1, "one server did it all")
    found = door.metrics()
    app = (DATABASE, USER)
    assert found["pgpool_transactions_total", *app] == 32
    # BEGIN and COMMIT are queries of their own.
    assert found["pgpool_queries_total", *app] == 34
    assert found["pgpool_client_login_seconds_count", *app] == 3
    assert found["pgpool_client_wait_seconds_count", *app] == 32
    assert found["pgpool_servers_opened_total", *app] == 1
    assert found["pgpool_server_errors_total", DATABASE, "42P01", USER] == 1
    assert found["pgpool_clients", DATABASE, "idle", USER] == 2
    assert (
        found["pgpool_clients_closed_total", DATABASE, "client close request", USER]
        == 1
    )
    assert found["pgpool_sent_bytes_total", *app] > 0


# pgbench prepares each of the four statements of its script in an exchange of its own,
# in each of its four clients; newer ones in front of its first use, so two of the four
# within the transaction.
@pytest.mark.parametrize(
    ("protocol", "prepared", "by_themselves"),
    [("simple", 0, {0}), ("extended", 0, {0}), ("prepared", 16, {8, 16})],
)
def test_totals_are_what_pgbench_says_it_did(
    start_pooler: StartPooler,
    tmp_path: Path,
    protocol: str,
    prepared: int,
    by_themselves: set[int],
) -> None:
    door = open_door(start_pooler, default_pool_size=2)
    script = tmp_path / "script"
    script.write_text("BEGIN;\nSELECT 1;\nEND;\nSELECT 2;\n")
    # It waits for the answer to what it prepares, and holds up all of the same thread:
    # if one of these had the last server, for ever.
    threads = ["-c", "4", "-j", "4"]
    command = ["-n", "-M", protocol, *threads, "-t", "25", "-f", str(script)]
    said = run(door.pooler, "pgbench", *command)
    processed = re.search(r"actually processed: (\d+)/100$", said, re.MULTILINE)
    assert processed is not None, said
    scripts, app = int(processed[1]), (DATABASE, USER)
    until(lambda: not door.metrics()["pgpool_connected_clients",], "all have left")
    found = door.metrics()
    # A script has two transactions, of three exchanges and of one.
    queries = 4 * scripts + prepared
    transactions = found["pgpool_transactions_total", *app]
    assert transactions - 2 * scripts in by_themselves
    assert found["pgpool_transaction_duration_seconds_count", *app] == transactions
    assert found["pgpool_client_wait_seconds_count", *app] == transactions
    assert found["pgpool_queries_total", *app] == queries
    assert found["pgpool_query_duration_seconds_count", *app] == queries
    assert found["pgpool_answer_bytes_count", *app] == queries
    for what in ("query", "transaction"):
        spent = found[f"pgpool_{what}_duration_seconds_sum", *app]
        assert spent == found[f"pgpool_{what}_seconds_total", *app] > 0


def test_a_snapshot_shows_who_waits(start_pooler: StartPooler) -> None:
    door = open_door(start_pooler, default_pool_size=1)
    holder = door.pooler.keep(door.pooler.connect())
    holder.execute("BEGIN")
    waiting = log_in(door.pooler)
    waiting.send(query("SELECT 1"))

    def waits() -> bool:
        [pool] = json.loads(door.get("/api/snapshot")[1])["pools"]
        return bool(pool["now"]["clients_waiting"] == pool["now"]["limit"] == 1)

    exhausted = ("pgpool_pool_exhausted_seconds_total", DATABASE, USER)
    until(waits, "one client waits")
    until(lambda: door.metrics()[exhausted] > 0, "the time is counted")
    holder.execute("COMMIT")


def test_the_token_is_read_again_by_a_reload(start_pooler: StartPooler) -> None:
    door = open_door(start_pooler, http_token="s3cret", admin_users=USER)
    assert door.get("/metrics")[0] == 401
    assert door.get("/metrics", authorization="Bearer s3cret")[0] == 200
    with door.pooler.connect("pgbouncer") as console:
        [shown] = [
            row[1] for row in console.execute("SHOW CONFIG") if row[0] == "http_token"
        ]
    assert shown == "********"
    door.pooler.reload(http_token="an0ther")
    assert door.get("/metrics", authorization="Bearer s3cret")[0] == 401
    assert door.get("/metrics", authorization="Bearer an0ther")[0] == 200
    door.pooler.reload(http_token="")
    assert door.metrics()["pgpool_config_last_reload_successful",] == 1
    door.pooler.reload(pool_mode="nonsense")
    # What was rendered last is given again for a moment.
    until(
        lambda: not door.metrics()["pgpool_config_last_reload_successful",],
        "the failure is told",
    )
    log = door.pooler.log
    assert "s3cret" not in log
    assert "an0ther" not in log


def test_another_process_gets_the_port_when_this_one_leaves_it(
    start_pooler: StartPooler,
) -> None:
    first = open_door(start_pooler, so_reuseport=1)
    client = first.pooler.keep(first.pooler.connect())
    second = start_pooler(http_listen=first.port, so_reuseport=1, pool_mode="session")
    second.wait_for_log("is in use, waiting for it")
    first.pooler.signal(signal.SIGTERM)
    second.wait_for_log("listening for HTTP on")
    assert first.get("/readyz") == (200, "ready\n")
    # The first one still has a client.
    assert client.execute("SELECT 1").fetchone() == (1,)
    client.close()
    assert first.pooler.wait() == 0
