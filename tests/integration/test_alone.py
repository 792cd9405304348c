"""The entry point with DATABASE_URL alone, and secrets that are replaced."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from pgpool_py.cli.main import main
from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.place import HOST, dsn
from tests.fixtures.lodging import lodging
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import PATIENCE, until

ROLE, PASSWORD = "alone", "pass/word"
QUOTED = "pass%2Fword"


@pytest.fixture(scope="module")
def role(postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    with lodging(postgres, ROLE, PASSWORD) as server:
        yield server


def url(server: EmbeddedPostgres, password: str = QUOTED) -> str:
    place = f"{server.host}:{server.port}"
    return f"postgresql://{ROLE}:{password}@{place}/{ROLE}?sslmode=disable"


@contextmanager
def running(log: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Run the entry point; give its port, and see that it ends well."""
    port = free_port()
    ours = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PGPOOL_LISTEN_PORT": str(port),
        "PGPOOL_ALLOW_ROOT": "1",
    }
    command = [sys.executable, "-m", "pgpool_py"]
    with log.open("w") as out:
        process = subprocess.Popen(command, stderr=out, env={**ours, **environment})
    try:
        until(lambda: "process up" in log.read_text(), "it listens")
        yield port
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()


def ask(port: int, password: str = PASSWORD) -> object:
    words = {"host": HOST, "port": str(port), "user": ROLE, "dbname": ROLE}
    with psycopg.connect(dsn({**words, "password": password})) as client:
        return client.execute("SELECT current_user").fetchone()


def test_a_url_is_all_it_takes(role: EmbeddedPostgres, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log, {"DATABASE_URL": url(role), "PGPOOL_VERBOSE": "3"}) as port:
        assert ask(port) == (ROLE,)
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            ask(port, "wrong")
    assert PASSWORD not in log.read_text()
    assert QUOTED not in log.read_text()


def test_another_auth_file_leaves_the_users_of_the_url(
    role: EmbeddedPostgres, tmp_path: Path
) -> None:
    users = tmp_path / "users"
    users.write_text('"other" "x"\n')
    given = {"DATABASE_URL": url(role), "PGPOOL_ADMIN_USERS": ROLE}
    with running(tmp_path / "log", given) as port:
        words = {"host": HOST, "port": str(port), "user": ROLE, "password": PASSWORD}
        console = dsn({**words, "dbname": "pgbouncer"})
        with psycopg.connect(console, autocommit=True) as admin:
            admin.execute(f"SET auth_file = '{users}'".encode())
        assert ask(port) == (ROLE,)


def test_the_environment_leads_to_the_console_too(
    role: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    given = {"DATABASE_URL": url(role), "PGPOOL_ADMIN_USERS": ROLE}
    with running(tmp_path / "log", given) as port:
        for name, value in {**given, "PGPOOL_LISTEN_PORT": str(port)}.items():
            monkeypatch.setenv(name, value)
        ask(port)
        assert main(["top", "--once"]) == 0
        assert f"{ROLE} " in capsys.readouterr().out
        assert main(["advise"]) == 0
        assert f"{ROLE}/{ROLE}: " in capsys.readouterr().out


def test_a_mounted_url_is_read_again_and_a_bad_one_is_not_taken(
    role: EmbeddedPostgres, tmp_path: Path
) -> None:
    log, mounted, new = (tmp_path / name for name in ("log", "url", "new"))
    mounted.write_text(url(role))

    def put(text: str) -> None:
        new.write_text(text)
        new.replace(mounted)

    with running(log, {"DATABASE_URL_FILE": str(mounted)}) as port:
        assert ask(port) == (ROLE,)
        put(url(role, f"{QUOTED}%"))
        until(lambda: "RELOAD failed" in log.read_text(), "the bad one is refused")
        assert "DATABASE_URL_FILE: has a %" in log.read_text()
        assert ask(port) == (ROLE,)
        put(url(role, "other"))
        until(lambda: "RELOAD: configuration read" in log.read_text(), "it is taken")
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            ask(port)
    assert PASSWORD not in log.read_text()


def test_a_mounted_list_of_users_is_read_again_and_a_bad_one_is_not_taken(
    role: EmbeddedPostgres, tmp_path: Path
) -> None:
    log, users, new = (tmp_path / name for name in ("log", "users", "new"))
    users.write_text(f'"{ROLE}" "{PASSWORD}"\n')

    def put(text: str) -> None:
        new.write_text(text)
        new.replace(users)

    without = url(role).replace(f":{QUOTED}", "")
    given = {"DATABASE_URL": without, "PGPOOL_USERLIST_FILE": str(users)}
    with running(log, given) as port:
        assert ask(port) == (ROLE,)
        put(f'"{ROLE}" "{PASSWORD}\n')
        until(lambda: "RELOAD failed" in log.read_text(), "the bad one is refused")
        assert ask(port) == (ROLE,)
        put(f'"{ROLE}" "other"\n')
        until(lambda: "RELOAD: configuration read" in log.read_text(), "it is taken")
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            ask(port)
        # The server of this database takes whoever comes.
        assert ask(port, "other") == (ROLE,)
    assert PASSWORD not in log.read_text()
