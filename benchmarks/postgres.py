"""The throw-away PostgreSQL that all targets end at, filled for the cases."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pgpool_py.embedded import EmbeddedPostgres

from . import pgbench, tails, transfer, wire
from .endpoint import Endpoint

DATABASE = "bench"
TRUSTED = "bench"
SCRAM = "bench_scram"
PASSWORD = "only for this benchmark"
SCALE = 10

# Nothing may depend on the disk (durability is off anyway) or on what ran before.
SETTINGS = {
    "max_connections": "150",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "autovacuum": "off",
    "password_encryption": "scram-sha-256",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL: where to connect by trust and by SCRAM."""

    trust: Endpoint
    scram: Endpoint
    bindir: Path
    version: str


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Start a PostgreSQL with pgbench's tables in it; it is gone at the end."""
    with EmbeddedPostgres(settings=SETTINGS) as postgres:
        owner = Endpoint(postgres.host, postgres.port, postgres.user, "postgres", "")
        trust = Endpoint(postgres.host, postgres.port, TRUSTED, DATABASE, PASSWORD)
        scram = Endpoint(postgres.host, postgres.port, SCRAM, DATABASE, PASSWORD)
        require_scram(postgres.data_dir / "pg_hba.conf")
        with wire.login(owner) as connection:
            for sql in (
                "SELECT pg_reload_conf()",
                f"CREATE ROLE {TRUSTED} LOGIN",
                f"CREATE ROLE {SCRAM} LOGIN IN ROLE {TRUSTED}",
                f"ALTER ROLE {SCRAM} PASSWORD '{scram.secret}'",
                f"CREATE DATABASE {DATABASE} OWNER {TRUSTED}",
            ):
                wire.execute(connection, sql)
        pgbench.Pgbench(pgbench.find(postgres.bindir), 0).initialise(trust, SCALE)
        with wire.login(trust) as connection:
            for sql in (transfer.SINK, *tails.TABLES):
                wire.execute(connection, sql)
        version = ".".join(str(number) for number in postgres.version)
        yield Server(trust, scram, postgres.bindir, version)


def require_scram(hba: Path) -> None:
    """Put a line on top of pg_hba.conf that asks one role for SCRAM."""
    line = f"host all {SCRAM} 127.0.0.1/32 scram-sha-256\n"
    hba.write_text(line + hba.read_text())
