"""The image's commands, run from the wheel with its environment by nobody."""

import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.place import HOST, dsn
from tests.deploy.image import Image
from tests.fixtures.distribution import Installed
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import PATIENCE, until

from .loads import connecting

IMAGE = Image()
NAME, PASSWORD = "shop", "pass word"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Return a server that lets nobody in without SCRAM."""
    with EmbeddedPostgres(auth="scram-sha-256") as server:
        server.psql(f"CREATE ROLE {NAME} LOGIN PASSWORD '{PASSWORD}'")
        server.createdb(NAME, owner=NAME)
        yield server


@dataclass(frozen=True)
class Running:
    """The image's process, as it is outside of a container."""

    installed: Installed
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path

    def dsn(self, password: str = PASSWORD) -> str:
        """Return where an application connects."""
        port = self.environment["PGPOOL_LISTEN_PORT"]
        words = {"host": HOST, "port": port, "user": NAME, "dbname": NAME}
        return dsn({**words, "password": password})

    def get(self, path: str) -> tuple[int, str]:
        """Ask its port for probes and scrapes; give status and body."""
        port = self.environment["PGPOOL_HTTP_LISTEN"].rpartition(":")[2]
        where = f"http://{HOST}:{port}{path}"
        try:
            with urllib.request.urlopen(where, timeout=PATIENCE) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def health(self) -> tuple[int, str]:
        """Run what HEALTHCHECK says; give the exit status and what it prints."""
        log = self.log.with_name("health")
        log.write_bytes(b"")
        asking = self.installed.start(IMAGE.health, self.environment, log)
        return asking.wait(PATIENCE), log.read_text()


@contextmanager
def running(
    installed: Installed, server: EmbeddedPostgres, log: Path, **more: str
) -> Iterator[Running]:
    """Run what ENTRYPOINT and CMD say; see that the image's signal ends it well.

    Of the environment the ports alone differ from the image's: others have these.
    """
    quoted = PASSWORD.replace(" ", "%20")
    environment = {
        **IMAGE.environment,
        "DATABASE_URL": f"postgresql://{NAME}:{quoted}@{HOST}:{server.port}/{NAME}",
        "PGPOOL_LISTEN_PORT": str(free_port()),
        "PGPOOL_HTTP_LISTEN": f"0.0.0.0:{free_port()}",
        **more,
    }
    process = installed.start(IMAGE.command, environment, log)
    try:
        until(lambda: "process up" in log.read_text(), "it listens")
        yield Running(installed, environment, process, log)
        if process.poll() is None:
            process.send_signal(signal.Signals[IMAGE.stop_signal])
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
    assert PASSWORD not in log.read_text()
    assert quoted not in log.read_text()


def test_a_url_is_enough_for_a_statement_by_scram_and_a_scrape(
    installed: Installed, server: EmbeddedPostgres, tmp_path: Path
) -> None:
    quick = {"PGPOOL_SHUTDOWN_GRACE": "0"}
    with running(installed, server, tmp_path / "log", **quick) as image:
        status = Path(f"/proc/{image.process.pid}/status").read_text()
        assert "\nUid:\t0\t" not in status or installed.account is None
        assert image.health() == (0, "ready\n")
        with psycopg.connect(image.dsn()) as client:
            assert client.execute("SELECT current_user").fetchone() == (NAME,)
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(image.dsn("wrong"))
        code, text = image.get("/metrics")
        assert (code, "pgpool_ready 1.0" in text) == (200, True)


def test_it_is_ready_while_postgresql_is_there(
    installed: Installed, server: EmbeddedPostgres, tmp_path: Path
) -> None:
    given = {"PGPOOL_READINESS_NEEDS_SERVER": "1", "PGPOOL_SHUTDOWN_GRACE": "0"}
    with running(installed, server, tmp_path / "log", **given) as image:

        def is_ready() -> bool:
            return image.get("/readyz")[0] == 200

        until(is_ready, "PostgreSQL is reached")
        with psycopg.connect(image.dsn()):
            # It has a server for so long that it is seen to have one.
            assert image.health() == (0, "ready\n")
        server.stop()
        try:
            until(lambda: not is_ready(), "it is seen that PostgreSQL is away")
            code, text = image.health()
            assert (code, text.startswith("not ready: ")) == (1, True)
            assert image.get("/livez") == (200, "alive\n")
        finally:
            server.start()
        until(is_ready, "PostgreSQL is found again")
        assert image.health() == (0, "ready\n")
        with psycopg.connect(image.dsn()) as client:
            assert client.execute("SELECT 1").fetchone() == (1,)


def test_the_signal_that_stops_it_loses_no_transaction(
    installed: Installed, server: EmbeddedPostgres, tmp_path: Path
) -> None:
    quick = {"PGPOOL_SHUTDOWN_GRACE": "0.3"}
    with (
        running(installed, server, tmp_path / "log", **quick) as image,
        psycopg.connect(server.dsn_of(NAME), autocommit=True) as direct,
    ):
        direct.execute(f"CREATE TABLE done (one int); ALTER TABLE done OWNER TO {NAME}")
        with connecting(image.dsn()) as load:
            load.go_on()
            image.process.send_signal(signal.Signals[IMAGE.stop_signal])
            until(lambda: "shutting down" in image.log.read_text(), "it is told")
            # It serves on for a while.
            load.go_on()
            assert image.process.wait(PATIENCE) == 0
        assert load.counts.failed == []
        row = direct.execute("SELECT count(*) FROM done").fetchone()
        assert row == (load.counts.committed,)
        assert "process stopped" in image.log.read_text()
