"""What README, getting started and operations tell to run does what they say."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from pgpool_py.cli.main import main
from pgpool_py.embedded import EmbeddedPostgres
from tests.docs.pages import ROOT, commands
from tests.fixtures.lodging import lodging
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import PATIENCE, until

_README = ROOT / "README.md"
_BEGINNING = ROOT / "docs" / "getting-started.md"
_OPERATIONS = ROOT / "docs" / "operations.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Those of README's users; the pages' URLs have another one.
_PASSWORDS = {"app": "a password", "admin": "another one"}
_PASSWORD = "PASSWORD"


@pytest.fixture(scope="module")
def app(postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """Return the shared server, with a database and a user as on the pages."""
    with lodging(postgres, "app") as server:
        yield server


@pytest.fixture
def port() -> int:
    """Return the port that stands for 6432."""
    return free_port()


@pytest.fixture
def directory(app: EmbeddedPostgres, port: int, tmp_path: Path) -> Path:
    """Return where README's two files are; only the ports are others than there."""
    ini, users = (
        text
        for language, text in _BLOCK.findall(_README.read_text())
        if language == "ini" or text.startswith('"app"')
    )
    ini = ini.replace("port=5432", f"port={app.port}")
    ini = ini.replace("listen_port = 6432", f"listen_port = {port}")
    (tmp_path / "pgbouncer.ini").write_text(f"{ini}unix_socket_dir =\n")
    (tmp_path / "userlist.txt").write_text(users)
    # As README says.
    (tmp_path / "userlist.txt").chmod(0o600)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    """Return one in which the programs of the pages are found, also by root."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PGPOOL_ALLOW_ROOT": "1", **more}


def told(page: Path, *words: str) -> str:
    """Return the only command of a page that begins so."""
    beginning = " ".join(words)
    (found,) = (c for c in commands(page) if c.startswith(beginning))
    return found


@contextmanager
def running(
    command: str, directory: Path, variables: Mapping[str, str]
) -> Iterator[None]:
    """Have a shell run a pooler; see that it ends well when it is told to."""
    log = directory / "log"
    with log.open("w") as out:
        # The shell makes way for it, so that the signal is the pooler's.
        process = subprocess.Popen(
            ["sh", "-c", f"exec env {command}"],
            cwd=directory,
            env=variables,
            stderr=out,
        )
    try:
        until(lambda: "process up" in log.read_text(), "it listens")
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def password_for(command: str) -> str:
    """Return the password of the user that psql is to log in as."""
    (user,) = re.findall(r" -U (\w+) ", command)
    return _PASSWORDS[user]


def ask(command: str, port: int, **variables: str) -> str:
    """Return what a command of a page prints, with the port that stands for 6432."""
    done = subprocess.run(
        ["sh", "-c", command.replace("6432", str(port))],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readmes_files_are_in_order(
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(directory)
    assert main(told(_README, "pgpool-py check").split()[1:]) == 0
    assert capsys.readouterr().out == "pgbouncer.ini: ok\n"


def test_readmes_pooler_runs_and_answers_on_its_console(
    directory: Path, port: int
) -> None:
    command = told(_README, "pgpool-py pgbouncer.ini")
    with running(command, directory, environment()):
        for page in (_README, _OPERATIONS):
            for command in commands(page):
                if command.startswith("psql "):
                    assert ask(command, port, PGPASSWORD=password_for(command))
        client = told(_README, "psql -h 127.0.0.1 -p 6432 -U app")
        said = ask(f"{client} -At", port, PGPASSWORD=password_for(client))
        assert said == "1\n"
        console = told(_README, "psql -h 127.0.0.1 -p 6432 -U admin")
        shown = ask(console, port, PGPASSWORD=password_for(console))
        assert re.search(r"\n app +\| app ", shown)
        health = told(_README, "pgpool-py health")
        assert ask(f"cd {directory}; {health}", port) == "alive\n"


def test_a_url_is_enough_as_the_page_says(
    app: EmbeddedPostgres, tmp_path: Path, port: int
) -> None:
    command = told(_BEGINNING, "DATABASE_URL=")
    assert f"app:{_PASSWORD}@db.example:5432" in command
    command = command.replace("db.example:5432", f"127.0.0.1:{app.port}")
    (admins,) = re.findall(r"`PGPOOL_ADMIN_USERS=(\w+)`", _BEGINNING.read_text())
    variables = environment(PGPOOL_LISTEN_PORT=str(port), PGPOOL_ADMIN_USERS=admins)
    with running(command, tmp_path, variables):
        client, console = (c for c in commands(_BEGINNING) if c.startswith("psql "))
        assert ask(f"{client} -Atc 'SELECT current_user'", port) == "app\n"
        assert re.search(r"\n app +\| app ", ask(console, port))
