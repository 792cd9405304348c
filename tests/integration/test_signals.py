"""What the process does when it is sent a signal."""

import signal
from pathlib import Path

import psycopg
import pytest

from pgpool_py.settings import Settings
from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import ended, refusal
from tests.integration.wire import Wire, connect, kinds, log_in


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=2)


def is_listening(pooler: PoolerProcess) -> bool:
    try:
        connect(pooler)
    except ConnectionRefusedError:
        return False
    return True


def hold(pooler: PoolerProcess) -> Wire:
    """Return a client in a transaction."""
    wire = log_in(pooler)
    wire.query("BEGIN")
    return wire


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT], ids=lambda s: s.name
)
def test_a_pooler_without_clients_ends_at_once_and_well(
    pooler: PoolerProcess, number: signal.Signals
) -> None:
    log_in(pooler).close()
    pooler.wait_for_log("client unexpected eof")
    pooler.signal(number)
    assert pooler.wait() == 0
    assert not is_listening(pooler)


def test_sigquit_ends_at_once_and_tells_everybody(start_pooler: StartPooler) -> None:
    # Else who says nothing at the door is not in yet.
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=2, tcp_defer_accept=0
    )
    busy, idle, at_the_door = hold(pooler), log_in(pooler), connect(pooler)
    busy.send(Query(b"SELECT pg_sleep(30)").encode())
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    pooler.signal(signal.SIGQUIT)
    assert pooler.wait() == 0
    for wire in (busy, idle, at_the_door):
        error = ended(wire)
        assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
        assert error.message == "pooler is shutting down"


def test_sigterm_waits_for_clients(pooler: PoolerProcess) -> None:
    first, second = log_in(pooler), hold(pooler)
    pooler.signal(signal.SIGTERM)
    pooler.wait_for_log("got SIGTERM, shutting down, waiting for all clients")
    until(lambda: not is_listening(pooler), "no new client is let in")
    assert first.value("SELECT 1") == "1"
    assert kinds(second.query("COMMIT")) == "CZ"
    assert first.value("SELECT 2") == "2"
    first.close()
    with pytest.raises(TimeoutError):
        pooler.wait(0.3)
    second.close()
    assert pooler.wait() == 0


def test_sigint_waits_for_servers(pooler: PoolerProcess) -> None:
    idle, busy = log_in(pooler), hold(pooler)
    pooler.signal(signal.SIGINT)
    pooler.wait_for_log("got SIGINT, shutting down, waiting for all servers")
    assert busy.value("SELECT 1") == "1"
    idle.send(Query(b"SELECT 1").encode())
    error = ended(idle)
    assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
    assert error.message == "server shutting down"
    assert kinds(busy.query("COMMIT")) == "CZ"
    assert pooler.wait() == 0
    assert ended(busy).sqlstate == "57P01"


def test_clients_in_the_queue_are_told_by_sigint(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder, waiting = hold(pooler), log_in(pooler)
    waiting.send(Query(b"SELECT 1").encode())
    assert holder.value("SELECT 1") == "1"
    pooler.signal(signal.SIGINT)
    assert ended(waiting).sqlstate == "57P01"
    holder.close()
    assert pooler.wait() == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGINT),
    ],
    ids=lambda s: s.name,
)
def test_a_second_signal_waits_no_more(
    pooler: PoolerProcess, first: signal.Signals, second: signal.Signals
) -> None:
    wire = hold(pooler)
    pooler.signal(first)
    pooler.wait_for_log(f"got {first.name}, shutting down, waiting")
    pooler.signal(second)
    assert pooler.wait() == 0
    assert f"got {second.name} while shutting down, fast exit" in pooler.log
    assert ended(wire).sqlstate == "57P01"


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name
)
def test_with_a_timeout_nobody_keeps_it_from_ending(
    start_pooler: StartPooler, number: signal.Signals
) -> None:
    pooler = start_pooler(pool_mode="transaction", shutdown_timeout=0.3)
    idle, busy = log_in(pooler), hold(pooler)
    pooler.signal(number)
    assert pooler.wait() == 0
    for wire in (idle, busy):
        error = ended(wire)
        assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
        assert error.message == "pooler is shutting down"


def test_in_its_grace_it_listens(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", shutdown_grace=60)
    pooler.signal(signal.SIGTERM)
    pooler.wait_for_log("got SIGTERM, shutting down, waiting")
    assert log_in(pooler).value("SELECT 1") == "1"
    pooler.reload(shutdown_grace=0)
    until(lambda: not is_listening(pooler), "no new client is let in")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name
)
def test_only_the_console_is_reached_while_it_stops(
    start_pooler: StartPooler, tmp_path: Path, number: signal.Signals
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", admin_users="postgres", unix_socket_dir=str(tmp_path)
    )
    hold(pooler)
    pooler.signal(number)
    until(lambda: not is_listening(pooler), "no new client is let in")
    with pooler.connect("pgbouncer", host=str(tmp_path)) as console:
        assert console.execute(b"SHOW POOLS").fetchall()
        with pytest.raises(psycopg.OperationalError, match="pooler is shutting down"):
            pooler.connect(host=str(tmp_path))
        with pytest.raises(psycopg.OperationalError):
            console.execute(b"SHUTDOWN")
    assert pooler.wait() == 0


def test_sigquit_ends_what_waits_for_clients(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    pooler.signal(signal.SIGTERM)
    pooler.wait_for_log("got SIGTERM, shutting down, waiting")
    pooler.signal(signal.SIGQUIT)
    assert pooler.wait() == 0
    assert ended(wire).sqlstate == "57P01"


def test_sigusr2_does_nothing_while_it_shuts_down(pooler: PoolerProcess) -> None:
    wire = hold(pooler)
    pooler.signal(signal.SIGTERM)
    pooler.wait_for_log("got SIGTERM, shutting down, waiting")
    pooler.signal(signal.SIGUSR2)
    pooler.wait_for_log("got SIGUSR2 while shutting down, ignoring")
    wire.close()
    assert pooler.wait() == 0


def test_a_signal_that_means_nothing_changes_nothing(pooler: PoolerProcess) -> None:
    wire = hold(pooler)
    pooler.signal(signal.SIGPIPE)
    pooler.signal(signal.SIGUSR2)
    pooler.wait_for_log("got SIGUSR2, but not paused/suspended")
    assert kinds(wire.query("COMMIT")) == "CZ"


def test_sighup_takes_a_new_size(pooler: PoolerProcess) -> None:
    holders = [hold(pooler), hold(pooler)]
    waiting = log_in(pooler)
    waiting.send(Query(b"SELECT 1").encode())
    assert holders[0].value("SELECT 1") == "1"
    assert len(pooler.backends()) == 2
    pooler.reload(default_pool_size=3)
    assert kinds(waiting.until_ready()) == "TDCZ"
    assert len(pooler.backends()) == 3


def test_sighup_takes_new_limits_and_timeouts(pooler: PoolerProcess) -> None:
    idle = log_in(pooler)
    pooler.reload(max_client_conn=1, client_idle_timeout=0.3)
    assert refusal(pooler).sqlstate == "53300"
    assert ended(idle).sqlstate == "57P05"
    log_in(pooler)


def test_sighup_takes_new_users(pooler: PoolerProcess) -> None:
    assert refusal(pooler, user="second").sqlstate == "28P01"
    pooler.files.users["second"] = ""
    pooler.reload()
    # PostgreSQL does not know it: that is what it says.
    error = refusal(pooler, user="second")
    assert (error.sqlstate, error.message) == (
        "28000",
        'role "second" does not exist',
    )


def test_a_faulty_file_changes_nothing(pooler: PoolerProcess) -> None:
    holders = [hold(pooler), hold(pooler)]
    pooler.reload(default_pool_size=9, pool_mode="never", query_timeout="soon")
    assert "RELOAD failed: the configuration in force is kept" in pooler.log
    faults = [x for x in pooler.log.splitlines() if f" ERROR {pooler.files.ini}:" in x]
    assert len(faults) == 2
    for fault, name in zip(sorted(faults), ("pool_mode", "query_timeout"), strict=True):
        assert name in fault
    waiting = log_in(pooler)
    waiting.send(Query(b"SELECT 1").encode())
    assert holders[0].value("SELECT 1") == "1"
    assert len(pooler.backends()) == 2
    pooler.reload(default_pool_size=3, pool_mode="transaction", query_timeout=0)
    assert kinds(waiting.until_ready()) == "TDCZ"


def test_sighup_opens_a_new_logfile(start_pooler: StartPooler) -> None:
    pooler = start_pooler(logfile="")
    fresh = pooler.files.ini.with_name("other.log")
    pooler.reload(logfile=str(fresh))
    log_in(pooler)
    until(lambda: "login attempt" in fresh.read_text(), "the new file is written to")
    rotated = fresh.rename(fresh.with_name("old.log"))
    pooler.reload()
    until(fresh.exists, "the file is opened anew")
    assert "login attempt" in rotated.read_text()


def test_servers_that_lead_elsewhere_now_are_replaced(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    client = log_in(pooler)
    pid = client.value("SELECT pg_backend_pid()")
    client.query("BEGIN")
    pooler.files.databases["app"] += "connect_query='SET work_mem = ''7MB'''"
    pooler.reload()
    # Not before the transaction is over.
    assert client.value("SELECT pg_backend_pid()") == pid
    client.query("COMMIT")
    assert client.value("SHOW work_mem") == "7MB"
    assert client.value("SELECT pg_backend_pid()") != pid


def test_a_database_that_is_removed_loses_its_clients(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(databases={"other": "dbname=pooled"})
    gone, stays = log_in(pooler, "other"), log_in(pooler)
    gone.query("BEGIN")
    del pooler.files.databases["other"]
    pooler.reload()
    error = ended(gone)
    assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
    assert error.message == "database removed"
    assert stays.value("SELECT 1") == "1"
    assert refusal(pooler, "other").sqlstate == "3D000"


def test_settings_that_are_gone_from_the_file_are_back_at_their_default(
    pooler: PoolerProcess,
) -> None:
    del pooler.files.settings["default_pool_size"]
    pooler.reload()
    assert Settings().default_pool_size > 2
    holders = [hold(pooler) for _ in range(3)]
    assert len(pooler.backends()) == len(holders)
