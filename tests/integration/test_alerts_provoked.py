"""What each rule of alerts.yml asks for, once: its metric, its line in the log."""

import json
import re
import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from pgpool_py.embedded.place import HOST
from tests.deploy.promtool import RULES
from tests.fixtures.messages import query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler, free_port
from tests.fixtures.waiting import until
from tests.integration.http_door import Door, open_door
from tests.integration.wire import log_in

# Times are seconds, as short as can be told from none.
SETTINGS: dict[str, str | float] = {
    "default_pool_size": 1,
    "max_client_conn": 2,
    "alert_wait": 0.5,
    "alert_utilisation": 0.5,
    "alert_utilisation_time": 0.5,
    "leak_detection_threshold": 0.5,
    "shutdown_grace": 60,
}
# Who never got into a pool.
NOBODY = ""


class Provoked:
    """A pooler, and the rules that had what they ask for."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.rules: set[str] = set()

    def see(
        self,
        rule: str,
        series: tuple[str, ...],
        line: str,
        is_so: Callable[[float], bool] = lambda value: value > 0,
    ) -> None:
        """Return when a metric, by name and labels, is so, and the log has a line."""
        until(lambda: is_so(self.door.metrics().get(series, 0.0)), f"{series}: {rule}")
        self.door.pooler.wait_for_log(line)
        self.rules.add(rule)

    def events(self) -> str:
        """Return the texts of what has happened lately."""
        events = json.loads(self.door.get("/api/snapshot")[1])["events"]
        return "\n".join(event["text"] for event in events)


def of_app(name: str) -> tuple[str, ...]:
    return (f"pgpool_{name}", DATABASE, USER)


def exhaust(provoked: Provoked) -> None:
    """Let one client keep the only server, another one wait, and a third be refused."""
    pooler, see = provoked.door.pooler, provoked.see
    holder, waiting = log_in(pooler, application_name="web"), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(query("SELECT 1"))
    longest = of_app("client_wait_longest_seconds")
    waits = "wait alert: a client has waited"
    used = "utilisation alert: 1 of 1 server (pool_size)"
    leak = 'leak: application "web"'
    see("PgpoolClientsWaitLong", longest, waits, lambda value: value > 0.5)
    see("PgpoolAlert", ("pgpool_alerts", "wait"), waits)
    see("PgpoolPoolNearlyFull", of_app("pool_utilisation_ratio"), used)
    exhausted = "exhausted alert: no server is free, 1 server in use"
    see("PgpoolPoolExhausted", of_app("pool_exhausted_seconds_total"), exhausted)
    see("PgpoolClientsLeak", of_app("leaking_clients"), leak)
    with pytest.raises(psycopg.OperationalError, match="max_client_conn"):
        pooler.connect()
    refused = ("pgpool_client_errors_total", NOBODY, "53300", NOBODY)
    see("PgpoolClientsRefused", refused, "no more connections allowed")
    holder.query("COMMIT")
    waiting.until_ready()
    waited = of_app("client_wait_seconds_sum")
    see("PgpoolWaitsAreSlow", waited, "wait alert ended", lambda value: value > 0.5)
    holder.close()
    waiting.close()


def lose_postgres(provoked: Provoked) -> None:
    """Let PostgreSQL end a server, and then be away."""
    pooler, see = provoked.door.pooler, provoked.see
    with pooler.direct() as direct:
        for pid in pooler.pids():
            direct.execute("SELECT pg_terminate_backend(%s)", [pid])
    why = "server closed the connection while idle"
    lost = ("pgpool_servers_closed_total", DATABASE, why, USER)
    see("PgpoolServersLost", lost, f"closing because: {why}")
    until(lambda: f"1 server lost: {why}" in provoked.events(), "it is an event")
    pooler.files.place = f"host={HOST} port={free_port()}"
    pooler.reload()
    with pytest.raises(psycopg.OperationalError), pooler.connect() as client:
        client.execute("SELECT 1")
    failed = ("pgpool_server_login_failures_total", DATABASE, "connect failed", USER)
    see("PgpoolServerLoginsFail", failed, "server login failed: ")


def test_what_rules_ask_for_happens(start_pooler: StartPooler) -> None:
    provoked = Provoked(open_door(start_pooler, **SETTINGS))
    pooler, see = provoked.door.pooler, provoked.see
    exhaust(provoked)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(pooler.dsn(user="stranger"))
    unknown = ("pgpool_client_errors_total", NOBODY, "28P01", NOBODY)
    see("PgpoolClientLoginsFail", unknown, "stranger")
    lose_postgres(provoked)
    pooler.reload(pool_mode="nonsense")
    reloaded = ("pgpool_config_last_reload_successful",)
    see("PgpoolReloadFailed", reloaded, "RELOAD failed", lambda value: value == 0)
    pooler.signal(signal.SIGSTOP)
    # Not to wait for something: so late is the loop.
    time.sleep(0.3)
    pooler.signal(signal.SIGCONT)
    lag = ("pgpool_loop_lag_seconds_sum",)
    see("PgpoolLoopLate", lag, "the loop was late by ", lambda value: value > 0.2)
    pooler.signal(signal.SIGTERM)
    ready = ("pgpool_ready",)
    see("PgpoolNotReady", ready, "got SIGTERM", lambda value: value == 0)
    rules = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert provoked.rules == rules
