"""PostgreSQL, its tables and the pooler, as the rig wants them."""

import contextlib
import importlib.util
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.binaries import WHEEL
from tests.fixtures.direct import DIRECT
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import (
    DATABASE,
    POOLED,
    USER,
    PoolerFiles,
    Setting,
)
from tests.fixtures.pooling import PoolerProcess, free_port

from .features import Feature, supported
from .houses import Oracle
from .rig import Rig
from .tables import Tables

#: Hands out another server at every release, so that what is left on one shows.
ROTATES: Mapping[str, Setting] = {"debug_rotate_servers": 1}

#: What asks for the PostgreSQL of the extra `embedded` instead of a directory.
EMBEDDED = "embedded"


#: Has clients share servers. If these were rotated, who waits would never share one.
SHARES: Mapping[str, Setting] = {
    "multiplexing": "auto",
    "multiplexing_depth": 16,
    "debug_rotate_servers": 0,
}


def settings_for(servers: int) -> dict[str, Setting]:
    """Return the settings of the pooler."""
    return {
        "multiplexing": "off",
        "pool_mode": "transaction",
        "default_pool_size": servers,
        "max_pinned": servers,
        "admin_users": USER,
        # What a client leaves running does not hold the others up.
        "client_gone_grace": 0,
        "log_connections": 0,
        "log_disconnections": 0,
        # PostgreSQL tells nobody that a server is busy.
        "query_wait_notify": 0,
        **ROTATES,
    }


@contextlib.contextmanager
def tables_on(postgres: EmbeddedPostgres) -> Iterator[Tables]:
    """Make the tables; drop them at the end."""
    where = postgres.dsn_of(POOLED)
    with psycopg.connect(where, autocommit=True, application_name=DIRECT) as direct:
        tables = Tables(direct)
        yield tables
        tables.drop()


@contextlib.contextmanager
def rig_of_its_own(
    servers: int, bindir: str | None, more: Mapping[str, Setting] = {}
) -> Iterator[tuple[Rig, Feature]]:
    """Start all that is needed; for use outside of pytest.

    Args:
        servers: how many the pooler has.
        bindir: where PostgreSQL's programs are.
        more: settings of the pooler.

    With the rig comes what can be compared with this PostgreSQL.
    """
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(
            EmbeddedPostgres(
                bindir=binaries(bindir), settings={"max_connections": "200"}
            )
        )
        postgres.createdb(POOLED)
        nursery = stack.enter_context(contextlib.closing(Nursery()))
        tables = stack.enter_context(tables_on(postgres))

        def start() -> PoolerProcess:
            files = PoolerFiles(
                Path(tempfile.mkdtemp(dir=directory)),
                free_port(),
                f"host={postgres.host} port={postgres.port}",
                settings_for(servers) | dict(more),
                {DATABASE: f"dbname={POOLED}"},
                {},
                {USER: ""},
            )
            return PoolerProcess(nursery, postgres, files)

        oracle = Oracle(postgres.host, postgres.port)
        rig = Rig(oracle, tables, start, servers)
        stack.callback(rig.close)
        yield rig, supported(postgres.version[0])


def binaries(named: str | None) -> Path | None:
    """Return the directory of the server programs that a command line asks for."""
    if named != EMBEDDED:
        return None if named is None else Path(named)
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the extra `embedded` is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
