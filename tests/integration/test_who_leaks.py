"""A pool exhausted by a client idle in transaction: who it is, wherever one looks."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from pgpool_py.cli.main import main
from pgpool_py.embedded.place import HOST
from pgwire.codes import ErrorField
from tests.fixtures.messages import query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler
from tests.fixtures.waiting import until
from tests.integration.browsing import Chromium, chromium
from tests.integration.http_door import Door, open_door
from tests.integration.wire import Wire, log_in

__all__ = ["chromium"]

# As long as anything may show it, the waiting client waits.
FOREVER = 600
STATEMENT = "select ? as secret"


def shown(door: Door, what: str) -> list[dict[str, str]]:
    with door.pooler.connect("pgbouncer") as console:
        found = console.execute(f"SHOW {what}".encode())
        names = [column.name for column in found.description or ()]
        return [dict(zip(names, map(str, row), strict=True)) for row in found]


def refusal(door: Door, waiting: Wire) -> str:
    """Have the client refused that waits; return all that it is told."""
    door.pooler.reload(query_wait_timeout=1)
    *_, last = waiting.read_to("E")
    error = last.error
    assert error.message == "query_wait_timeout"
    return error.fields[ErrorField.DETAIL]


@dataclass(frozen=True, slots=True)
class Holder:
    """The client that holds the only server.

    Attributes:
        number: the pooler's, as SHOW LEAKS gives it.
        port: its own.
        backend: the process id of the server.
    """

    number: str
    port: int
    backend: int


def console_names(door: Door, holder: Wire) -> Holder:
    port: int = holder.socket.getsockname()[1]
    until(lambda: shown(door, "LEAKS"), "the console shows it")
    [backend] = door.pooler.pids()
    [row] = shown(door, "LEAKS")
    place = {"addr": HOST, "port": str(port), "application_name": "web"}
    at_server = {"remote_pid": str(backend), "fingerprint": STATEMENT}
    names = {"database": DATABASE, "user": USER}
    assert row.items() >= (names | place | at_server).items()
    # Each names it so that the others can be asked for more.
    [client] = [one for one in shown(door, "CLIENTS") if one["id"] == row["client"]]
    [server] = shown(door, "SERVERS")
    assert client["ptr"] == f"0x{int(row['client']):x}" == server["link"]
    assert (client["link"], row["remote_pid"]) == (server["ptr"], server["remote_pid"])
    return Holder(row["client"], port, backend)


def assert_log_names(door: Door, holder: Holder) -> None:
    door.pooler.wait_for_log('leak: application "web" has been idle in transaction')
    [line] = [one for one in door.pooler.log.splitlines() if "leak: " in one]
    assert f"{DATABASE}/{USER}@{HOST}:{holder.port}" in line
    assert f"(backend {holder.backend}), last statement: {STATEMENT}" in line


def assert_metrics_count(door: Door) -> None:
    leaked = ("pgpool_leaks_total", DATABASE, USER)
    until(lambda: door.metrics()[leaked] == 1, "it is counted")
    assert door.metrics()["pgpool_leaking_clients", DATABASE, USER] == 1


def assert_snapshot_names(door: Door, holder: Holder) -> None:
    [pool] = json.loads(door.get("/api/snapshot")[1])["pools"]
    [held], [waits] = pool["holders"], pool["waiting"]
    assert (held["application_name"], held["port"]) == ("web", holder.port)
    assert (held["remote_pid"], held["statement"]) == (holder.backend, STATEMENT)
    assert waits["application_name"] == "job"


def assert_page_names(door: Door, holder: Holder, chromium: Chromium) -> None:
    backend = f"backend {holder.backend}"
    with chromium.open(door.port) as seen:
        seen.wait_for("#lists", f"{backend}: {STATEMENT}")
        shown = " ".join(seen.texts("#lists"))
        assert f"client {holder.number} at {HOST}:{holder.port}, {backend}" in shown
        assert 'leak: application "web"' in shown
        alerts = " ".join(seen.texts("#attention li"))
        assert "no server is free, 1 server in use" in alerts


def assert_top_names(
    door: Door, holder: Holder, capsys: pytest.CaptureFixture[str]
) -> None:
    # Not in this thread, which has the browser's loop.
    with ThreadPoolExecutor() as threads:
        frame = threads.submit(main, ["top", "--once", str(door.pooler.files.ini)])
        assert frame.result() == 0
    words = capsys.readouterr().out.partition("Leaks")[2].split()
    assert {"web", HOST, str(holder.port), str(holder.backend)} <= set(words)


def test_who_holds_the_only_server_is_named_by_all_that_explain(
    start_pooler: StartPooler,
    chromium: Chromium,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Where the output of top is no terminal, that says how much has room.
    monkeypatch.setenv("COLUMNS", "160")
    door = open_door(
        start_pooler,
        default_pool_size=1,
        leak_detection_threshold=1,
        query_wait_timeout=FOREVER,
        admin_users=USER,
    )
    holding = log_in(door.pooler, application_name="web")
    holding.query("BEGIN")
    holding.query("SELECT 7 AS secret")
    waiting = log_in(door.pooler, application_name="job")
    waiting.send(query("SELECT 1"))
    holder = console_names(door, holding)
    assert_log_names(door, holder)
    assert_metrics_count(door)
    assert_snapshot_names(door, holder)
    assert_page_names(door, holder, chromium)
    assert_top_names(door, holder, capsys)
    said = refusal(door, waiting)
    in_transaction = f'client {HOST}:{holder.port} (application "web") idle in transac'
    assert in_transaction in said
    assert "7 AS secret" not in door.pooler.log
    holding.close()
