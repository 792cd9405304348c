"""The process as a whole: it begins, reloads and ends as its signals ask."""

import asyncio
import json
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pgpool_py import service as service_module
from pgpool_py.config.load import load
from pgpool_py.log import NOISE, Log, level_for
from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.notify import ServiceManager
from pgpool_py.net.syslog import SyslogHandler
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.service import Service

INI = """
[databases]
app = host=127.0.0.1 port=1
[pgbouncer]
unix_socket_dir = {directory}
auth_type = any
max_client_conn = {clients}
"""

HANDLED = (
    signal.SIGHUP,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

Run = Callable[..., tuple[int, Pooler]]


def write(path: Path, clients: object = 100, more: str = "") -> None:
    path.write_text(INI.format(directory=path.parent, clients=clients) + more)


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "pgbouncer.ini"
    write(path)
    return path


@pytest.fixture
def logfile(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def run(ini: Path, logfile: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a function that runs a service which gets these signals when it is up."""
    # The limit is this very process's.
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: None)

    def run_one(
        *signals: signal.Signals,
        before: object = None,
        more: str = "",
        **given: Any,
    ) -> tuple[int, Pooler]:
        poolers: list[Pooler] = []

        class Signalled(Pooler):
            def __init__(self, loop: Any, *rest: Any) -> None:
                super().__init__(loop, *rest)
                self.loop: asyncio.AbstractEventLoop = loop
                poolers.append(self)

            def start(self, *rest: Any) -> None:
                super().start(*rest)
                for number in signals:
                    self.loop.call_soon(os.kill, os.getpid(), number)

        monkeypatch.setattr(service_module, "Pooler", Signalled)
        loaded = load(str(ini))
        if before is not None:
            write(ini, before, more)
        with Log(str(logfile), to_stderr=False) as log:
            status = Service(loaded, log, **given).run()
        (pooler,) = poolers
        return status, pooler

    handlers = {number: signal.getsignal(number) for number in HANDLED}
    yield run_one
    asyncio.set_event_loop(None)
    # Which its end left ignored.
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (signal.SIGTERM, "got SIGTERM, shutting down, waiting for all clients disc"),
        (signal.SIGINT, "got SIGINT, shutting down, waiting for all servers conn"),
        (signal.SIGQUIT, "got SIGQUIT, shutting down"),
    ],
)
def test_it_ends_well_when_it_is_told_to(
    run: Run, ini: Path, logfile: Path, number: signal.Signals, text: str
) -> None:
    status, pooler = run(number)
    assert status == 0
    assert pooler.stopped.is_set()
    assert pooler.stopping is Stopping.NOW
    assert text in logfile.read_text()
    assert "process up: PgBouncer 1.25.2, pgpool_py " in logfile.read_text()
    assert not Path(unix_socket_path(str(ini.parent), 6432)).exists()


def test_a_changed_file_is_taken_over(run: Run, logfile: Path) -> None:
    _, pooler = run(signal.SIGHUP, signal.SIGQUIT, before=7)
    assert pooler.settings.max_client_conn == 7
    assert "got SIGHUP, re-reading config" in logfile.read_text()


def test_log_format_holds_from_the_next_reload(run: Run, logfile: Path) -> None:
    more = f"log_format = json\nlogfile = {logfile}\n"
    run(signal.SIGHUP, signal.SIGQUIT, before=7, more=more)
    first, *_, last = logfile.read_text().splitlines()
    assert " LOG " in first
    assert json.loads(last)["message"] == "process stopped"


def test_what_needs_a_restart_is_kept_and_warned_of(run: Run, logfile: Path) -> None:
    _, pooler = run(
        signal.SIGHUP, signal.SIGQUIT, before=7, more="listen_port = 7000\n"
    )
    assert pooler.settings.listen_port == 6432
    assert pooler.settings.max_client_conn == 7
    assert (
        "WARNING listen_port cannot change without a restart: 6432 stays"
        in logfile.read_text()
    )


def test_names_are_remembered_as_long_as_the_new_file_says(run: Run) -> None:
    _, pooler = run(signal.SIGHUP, signal.SIGQUIT, before=7, more="dns_max_ttl = 3\n")
    assert pooler.context.resolver.max_ttl == 3.0


@pytest.mark.parametrize(
    ("commanded", "written", "level"),
    [(0, 1, logging.DEBUG), (1, 0, logging.DEBUG), (1, 2, NOISE)],
)
def test_a_reload_makes_the_log_say_more_but_not_less_than_the_command_line(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    commanded: int,
    written: int,
    level: int,
) -> None:
    said: list[int] = []
    monkeypatch.setattr(Log, "set_verbose", lambda _, verbose: said.append(verbose))
    run(
        signal.SIGHUP,
        signal.SIGQUIT,
        before=7,
        more=f"verbose = {written}\n",
        verbose=commanded,
    )
    assert level_for(said[-1]) == level


def test_a_reload_reads_the_environment_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPOOL_MAX_CLIENT_CONN", "9")
    _, pooler = run(signal.SIGHUP, signal.SIGQUIT)
    assert pooler.settings.max_client_conn == 9


def test_a_file_with_faults_changes_nothing(run: Run, logfile: Path) -> None:
    status, pooler = run(signal.SIGHUP, signal.SIGQUIT, before="many")
    assert status == 0
    assert pooler.settings.max_client_conn == 100
    assert "RELOAD failed: the configuration in force is kept" in logfile.read_text()


def test_it_pauses_and_goes_on(run: Run, logfile: Path) -> None:
    _, pooler = run(signal.SIGUSR1, signal.SIGQUIT)
    assert pooler.paused
    _, pooler = run(signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)
    assert not pooler.paused
    assert "got SIGUSR1, pausing all activity" in logfile.read_text()
    assert "got SIGUSR2, continuing from PAUSE" in logfile.read_text()


class FakeManager(ServiceManager):
    """Writes down what the service manager is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def ready(self) -> None:
        self.told.append("ready")

    def reloading(self) -> None:
        self.told.append("reloading")

    def stopping(self) -> None:
        self.told.append("stopping")


@pytest.mark.parametrize("clients", [7, "many"], ids=["good", "faulty"])
def test_the_service_manager_is_told_of_start_reload_and_stop(
    run: Run, clients: object
) -> None:
    manager = FakeManager()
    run(signal.SIGHUP, signal.SIGQUIT, before=clients, manager=manager)
    assert manager.told == ["ready", "reloading", "ready", "stopping"]


def test_who_waits_for_the_start_is_told_once_and_not_of_one_that_failed(
    run: Run, ini: Path
) -> None:
    told: list[str] = []
    run(signal.SIGHUP, signal.SIGQUIT, before=7, when_up=lambda: told.append("up"))
    assert told == ["up"]
    write(ini, more="unix_socket_group = no-such-group\n")
    run(when_up=lambda: told.append("up again"))
    assert told == ["up"]


def test_an_auth_file_that_all_can_read_is_warned_of_at_the_start_alone(
    run: Run, ini: Path, logfile: Path
) -> None:
    userlist = ini.with_name("userlist.txt")
    userlist.write_text('"app" "secret"\n')
    userlist.chmod(0o644)
    more = f"auth_file = {userlist}\n"
    write(ini, more=more)
    run(signal.SIGHUP, signal.SIGQUIT, before=7, more=more)
    assert logfile.read_text().count(f"WARNING auth_file: {userlist} can be read") == 1


def test_syslog_is_begun_at_the_start_and_ended_by_a_reload(
    run: Run, ini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[object] = []
    monkeypatch.setattr(Log, "copy_to", lambda _, handler: copied.append(handler))
    write(ini, more="syslog = 1\nsyslog_ident = us\n")
    run(signal.SIGHUP, signal.SIGQUIT, before=7)
    first, second = copied
    assert isinstance(first, SyslogHandler)
    assert second is None


def test_an_unknown_group_is_the_end(run: Run, ini: Path, logfile: Path) -> None:
    write(ini, more="unix_socket_group = no-such-group\n")
    status, _ = run()
    assert status == 1
    assert "FATAL cannot listen" in logfile.read_text()
    assert "no-such-group" in logfile.read_text()


def test_what_is_paused_already_or_not_at_all_stays_as_it_is(
    run: Run, logfile: Path
) -> None:
    _, pooler = run(signal.SIGUSR1, signal.SIGUSR1, signal.SIGQUIT)
    assert pooler.paused
    assert "got SIGUSR1, but already paused/suspended" in logfile.read_text()
    _, pooler = run(signal.SIGUSR2, signal.SIGQUIT)
    assert "got SIGUSR2, but not paused/suspended" in logfile.read_text()


def test_an_address_in_use_is_the_end(run: Run, ini: Path, logfile: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(unix_socket_path(str(ini.parent), 6432))
        other.listen()
        status, _ = run()
    assert status == 1
    assert "cannot listen" in logfile.read_text()


def test_a_secret_that_was_replaced_before_the_first_look_is_taken_over(
    tmp_path: Path, logfile: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    class EndsWhenReloaded(Pooler):
        def start(self, *rest: Any) -> None:
            super().start(*rest)
            asyncio.get_running_loop().call_later(5, self.shut_down, Stopping.NOW)

        def reload(self, *rest: Any) -> None:
            super().reload(*rest)
            self.shut_down(Stopping.NOW)

    file, new = tmp_path / "url", tmp_path / "new"
    file.write_text("postgresql://app:old@127.0.0.1:1/app")
    given = {
        "DATABASE_URL_FILE": str(file),
        "PGPOOL_LISTEN_ADDR": "",
        "PGPOOL_UNIX_SOCKET_DIR": str(tmp_path),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(service_module, "Pooler", EndsWhenReloaded)
    loaded = load(None, os.environ)
    new.write_text("postgresql://app:new@127.0.0.1:1/app")
    new.replace(file)
    with Log(str(logfile), to_stderr=False) as log:
        assert Service(loaded, log).run() == 0
    assert "a file of secrets has changed, re-reading config" in logfile.read_text()
