"""The options of ``pgpool-py``, its exit codes, and what it says of itself."""

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pgpool_py import __version__
from pgpool_py.cli import run
from pgpool_py.cli.main import main
from pgpool_py.config.load import Loaded
from pgpool_py.log import Log
from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.notify import ServiceManager
from pgpool_py.process.daemon import tell_serving

INI = """
[databases]
app = host=127.0.0.1
[pgbouncer]
listen_addr = 127.0.0.1
auth_type = any
unix_socket_dir =
allow_root = 1
pidfile = {pidfile}
logfile = {logfile}
"""


class FakeService:
    """Writes down how it was begun, and ends at once."""

    begun: list["FakeService"]
    status = 0

    def __init__(
        self,
        loaded: Loaded,
        log: Log,
        *,
        verbose: int,
        inherited: Sequence[socket.socket],
        manager: ServiceManager,
        when_up: Callable[[], object],
    ) -> None:
        self.when_up = when_up
        self.verbose = verbose
        self.inherited = inherited
        self.manager = manager
        self.loaded = loaded
        self.pidfile = Path(loaded.settings.pidfile)
        self.begun.append(self)

    def run(self) -> int:
        assert self.pidfile.read_text() == f"{os.getpid()}\n"
        return self.status


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[FakeService]:
    monkeypatch.setattr(FakeService, "begun", [], raising=False)
    monkeypatch.setattr(run, "Service", FakeService)
    return FakeService.begun


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "pgbouncer.ini"
    path.write_text(INI.format(pidfile=tmp_path / "pid", logfile=tmp_path / "log"))
    return path


def test_a_file_is_run_and_nothing_is_left_of_it(
    ini: Path, begun: list[FakeService]
) -> None:
    assert main([str(ini)]) == 0
    (service,) = begun
    assert service.loaded.settings.conffile == str(ini)
    assert not service.pidfile.exists()


def test_the_subcommand_may_be_named(ini: Path, begun: list[FakeService]) -> None:
    assert main(["run", "-q", "-vv", str(ini)]) == 0
    assert begun[0].verbose == 2


def test_the_path_is_made_absolute_for_reloads(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ini.parent)
    assert main([ini.name]) == 0
    assert begun[0].loaded.settings.conffile == str(ini)


def test_the_exit_status_is_the_services(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeService, "status", 1)
    assert main([str(ini)]) == 1


@pytest.mark.parametrize("arguments", [["-V"], ["--version"], ["run", "-V"]])
def test_the_version_is_pgbouncers_on_the_first_line_and_ours_on_the_second(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert capsys.readouterr().out.splitlines() == [
        "PgBouncer 1.25.2",
        f"pgpool_py {__version__}",
    ]


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("-d", "-R", "-q", "-v", "-u", "-V", "-h", "--allow-root"):
        assert option in text


@pytest.mark.parametrize("arguments", [[], ["-q"], ["run"], ["-u", "nobody"]])
def test_without_a_file_nothing_is_run(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("no configuration file specified: ")
    assert "DATABASE_URL=postgresql://app:PASSWORD@db.example:5432/app" in said


def test_a_reboot_is_not_offered_and_the_way_out_is_named(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-R", str(ini)]) == 1
    assert "so_reuseport=1" in capsys.readouterr().err


def test_every_fault_of_the_file_is_told(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    ini.write_text("[pgbouncer]\nlisten_port = x\npool_mode = y\n")
    assert main([str(ini)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == f"{ini}: cannot load config file"
    assert [line.startswith(f"{ini}:") for line in lines] == [True] * 3
    assert begun == []


def test_a_second_instance_is_refused(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    (ini.parent / "pid").write_text(f"{os.getppid()}\n")
    assert main([str(ini)]) == 1
    assert "another instance running?" in capsys.readouterr().err
    assert begun == []


def test_a_user_that_does_not_exist_is_refused(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-u", "no-such-user", str(ini)]) == 1
    assert capsys.readouterr().err == 'user "no-such-user" does not exist\n'


def test_the_user_of_the_command_line_is_become_but_is_no_change_of_the_file(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    become: list[str | None] = []
    monkeypatch.setattr(
        run, "drop", lambda settings, *, allow_root: become.append(settings.user)
    )
    assert main(["-u", "nobody", str(ini)]) == 0
    assert become == ["nobody"]
    assert begun[0].loaded.settings.user is None


def test_a_daemon_needs_a_pidfile(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    text = ini.read_text()
    ini.write_text("".join(x for x in text.splitlines(True) if "pidfile" not in x))
    assert main(["-d", str(ini)]) == 1
    assert "pidfile=" in capsys.readouterr().err


def test_a_daemon_needs_a_log(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    text = ini.read_text()
    ini.write_text("".join(x for x in text.splitlines(True) if "logfile" not in x))
    assert main(["-d", str(ini)]) == 1
    assert "set logfile= or syslog=1" in capsys.readouterr().err
    assert begun == []


@pytest.mark.parametrize(
    "arguments", [["--reboot-not"], ["-x"], ["-u"], ["one.ini", "two.ini"]]
)
def test_a_wrong_command_line_ends_as_with_pgbouncer(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 1
    assert capsys.readouterr().err.startswith("usage: pgpool-py ")


def test_a_unix_socket_in_use_is_told_before_anything_is_begun(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    text = ini.read_text()
    ini.write_text(text.replace("dir =", f"dir = {ini.parent}"))
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(unix_socket_path(str(ini.parent), 6432))
        other.listen()
        assert main(["-d", str(ini)]) == 1
    assert "unix socket is in use, cannot continue" in capsys.readouterr().err
    assert begun == []


def test_what_the_service_manager_passed_is_listened_on(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    ini.write_text(ini.read_text().replace("listen_addr = 127.0.0.1", ""))
    with socket.create_server(("127.0.0.1", 0)) as passed:
        monkeypatch.setattr(run, "take_sockets", lambda environment: [passed])
        assert main([str(ini)]) == 0
    assert begun[0].inherited == [passed]


def test_the_service_managers_variables_are_gone_before_the_service_begins(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"NOTIFY_SOCKET": "", "LISTEN_PID": "1", "LISTEN_FDS": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert main([str(ini)]) == 0
    assert not given.keys() & os.environ.keys()
    assert begun[0].inherited == []


def test_a_daemon_detaches_before_it_writes_its_process_id(
    ini: Path, begun: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    pidfile = ini.parent / "pid"
    monkeypatch.setattr(run, "detach", lambda: seen.append(pidfile.exists()))
    assert main(["-d", str(ini)]) == 0
    assert seen == [False]
    assert begun[0].when_up is tell_serving


def test_nobody_waits_for_what_runs_in_the_foreground(
    ini: Path, begun: list[FakeService]
) -> None:
    assert main([str(ini)]) == 0
    assert begun[0].when_up is not tell_serving


def test_a_logfile_that_cannot_be_opened_is_told(
    ini: Path, begun: list[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    ini.write_text(ini.read_text().replace("/log", "/absent/log"))
    assert main([str(ini)]) == 1
    assert "absent/log" in capsys.readouterr().err
    assert not (ini.parent / "pid").exists()
