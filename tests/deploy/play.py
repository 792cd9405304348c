"""What the image owes, from its entry point to the signal that stops it.

python -m tests.deploy.play ROOT

To be run where network and mounts are its own; see tests/deploy/__main__.py.
"""

import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

import psycopg
import pytest

from pgpool_py.config.alone import EXAMPLE, URL
from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.place import HOST, dsn
from tests.fixtures.waiting import PATIENCE, until
from tests.integration.loads import connecting

from .container import Container, bring_up_loopback, make_read_only
from .image import Image

IMAGE: Final = Image()
NAME, PASSWORD = "shop", "pass word"

#: Seconds to stop in; what the Dockerfile says of it.
GRACE: Final = 30.0

#: What is exposed: for clients, and for probes and scrapes.
CLIENTS, HTTP = sorted(IMAGE.ports)


def main(root: Path) -> int:
    """Play it; return the exit status."""
    bring_up_loopback()
    make_read_only(root)
    with (
        tempfile.TemporaryDirectory() as name,
        EmbeddedPostgres(auth="scram-sha-256") as server,
    ):
        server.psql(f"CREATE ROLE {NAME} LOGIN PASSWORD '{PASSWORD}'")
        server.createdb(NAME, owner=NAME)
        secret = PASSWORD.replace(" ", "%20")
        url = f"postgresql://{NAME}:{secret}@{HOST}:{server.port}/{NAME}"
        refuses_without_a_url(Container(IMAGE, root, {}))
        container = Container(IMAGE, root, {URL: url})
        cannot_write(container)
        serves(container, server, Path(name) / "log")
    return 0


def refuses_without_a_url(container: Container) -> None:
    status, said = container.run(IMAGE.command)
    assert (status, EXAMPLE in said) == (1, True), said
    print(f"without {URL} it ends with status 1, and an example")


def cannot_write(container: Container) -> None:
    for place in ("/pgpool", "/tmp/pgpool", "/var/tmp/pgpool"):
        status, said = container.run(["touch", place])
        assert (status, "Read-only file system" in said) == (1, True), said
    print("nothing can be written")


def serves(container: Container, server: EmbeddedPostgres, log: Path) -> None:
    began = time.monotonic()
    process = container.start(log)
    try:
        within = IMAGE.health_timing["start-period"]
        until(lambda: container.health() == (0, "ready\n"), "well", seconds=within)
        took = time.monotonic() - began
        print(f"{' '.join(IMAGE.health)} says that it is ready after {took:.1f} s")
        is_unprivileged(process.pid)
        answers_where_it_is_exposed()
        stops_in_time_and_loses_nothing(process, server)
        status, said = container.health()
        assert (status, said.startswith("no answer from")) == (1, True), said
        assert "process stopped" in log.read_text()
        assert "Traceback" not in log.read_text()
    except BaseException:
        print(log.read_text(), file=sys.stderr)
        raise
    finally:
        process.kill()
        process.wait()


def is_unprivileged(pid: int) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    user, group = (str(number) for number in IMAGE.user)
    assert set(status["Uid"].split()) == {user}
    assert set(status["Gid"].split()) == {group}
    assert int(status["CapEff"], 16) == 0
    print(f"it runs as {user}:{group}, without capabilities")


def answers_where_it_is_exposed() -> None:
    for port in IMAGE.ports:
        socket.create_connection((HOST, port), PATIENCE).close()
    with psycopg.connect(_where()) as client:
        assert client.execute("SELECT current_user").fetchone() == (NAME,)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(_where("wrong"))
    with urllib.request.urlopen(f"http://{HOST}:{HTTP}/metrics") as reply:
        assert b"pgpool_ready 1.0" in reply.read()
    print(f"statements by SCRAM on {CLIENTS}, metrics on {HTTP}")


def stops_in_time_and_loses_nothing(
    process: "subprocess.Popen[bytes]", server: EmbeddedPostgres
) -> None:
    """Send the signal under load, which goes on until nobody listens."""
    with psycopg.connect(server.dsn_of(NAME), autocommit=True) as direct:
        direct.execute(f"CREATE TABLE done (one int); ALTER TABLE done OWNER TO {NAME}")
        with connecting(_where()) as load:
            load.go_on()
            began = time.monotonic()
            process.send_signal(signal.Signals[IMAGE.stop_signal])
            assert process.wait(GRACE) == 0
            took = time.monotonic() - began
        assert load.counts.failed == []
        row = direct.execute("SELECT count(*) FROM done").fetchone()
        assert row == (load.counts.committed,)
    print(
        f"{IMAGE.stop_signal} under load: status 0 after {took:.1f} s, and all of "
        f"{load.counts.committed} transactions are there"
    )


def _where(password: str = PASSWORD) -> str:
    words = {"host": HOST, "port": str(CLIENTS), "user": NAME, "dbname": NAME}
    return dsn({**words, "password": password})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
