"""Servers are logged in to with what their clients have shown."""

from collections.abc import Iterator

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler

ALICE = {"user": "alice", "password": "a password"}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Return a server that asks alice for SCRAM."""
    with EmbeddedPostgres() as server:
        server.createdb(POOLED)
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            admin.execute("CREATE ROLE alice LOGIN")
            hba = server.data_dir / "pg_hba.conf"
            hba.write_text("host all alice all scram-sha-256\n" + hba.read_text())
            admin.execute("SELECT pg_reload_conf()")
        yield server


def set_password(server: EmbeddedPostgres, password: str) -> str:
    """Give alice a password, and return what PostgreSQL stores of it."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE alice PASSWORD '{password}'")
        found = admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'alice'"
        ).fetchone()
    assert found is not None
    return str(found[0])


def start(
    start_pooler: StartPooler, server: EmbeddedPostgres, **more: str | int
) -> PoolerProcess:
    secret = set_password(server, ALICE["password"])
    settings = {"auth_type": "scram-sha-256", "pool_mode": "transaction", **more}
    return start_pooler(server=server, users={"alice": secret}, more=settings)


def who(pooler: PoolerProcess, **words: str) -> str:
    with pooler.connect(**{**ALICE, **words}) as client:
        row = client.execute("SELECT current_user").fetchone()
    assert row is not None
    return str(row[0])


def test_a_scram_secret_in_auth_file_is_enough(
    start_pooler: StartPooler, server: EmbeddedPostgres
) -> None:
    pooler = start(start_pooler, server, min_pool_size=2)
    assert pooler.backends() == []
    assert who(pooler) == "alice"
    pooler.wait_for_backends(2)
    assert ALICE["password"] not in pooler.log


def test_a_secret_that_has_changed_is_noticed_and_replaced(
    start_pooler: StartPooler, server: EmbeddedPostgres
) -> None:
    pooler = start(start_pooler, server, server_lifetime=0)
    assert who(pooler) == "alice"
    pooler.wait_for_backends(0)
    fresh = set_password(server, "another one")
    with pytest.raises(psycopg.OperationalError, match="another SCRAM secret"):
        who(pooler)
    pooler.wait_for_log("what a client has shown is forgotten")
    pooler.files.users["alice"] = fresh
    pooler.reload()
    assert who(pooler, password="another one") == "alice"


def test_a_looked_up_secret_needs_no_line_in_auth_file(
    start_pooler: StartPooler, server: EmbeddedPostgres
) -> None:
    set_password(server, ALICE["password"])
    pooler = start_pooler(
        server=server,
        auth_type="scram-sha-256",
        auth_user="postgres",
        pool_mode="transaction",
        server_lifetime=0,
    )
    assert who(pooler) == "alice"
    set_password(server, "another one")
    with pytest.raises(psycopg.OperationalError, match="SASL authentication failed"):
        who(pooler)
    assert who(pooler, password="another one") == "alice"


def test_a_client_cannot_choose_which_table_is_asked(
    start_pooler: StartPooler, server: EmbeddedPostgres
) -> None:
    set_password(server, ALICE["password"])
    pooler = start_pooler(
        server=server,
        auth_type="scram-sha-256",
        auth_user="postgres",
        auth_query="SELECT rolname, rolpassword FROM pg_authid WHERE rolname=$1",
        track_extra_parameters="search_path",
        pool_mode="transaction",
        default_pool_size=1,
    )
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE public.pg_authid (rolname text, rolpassword text)")
        direct.execute("INSERT INTO public.pg_authid VALUES ('alice', 'mine')")
    options = "-c search_path=public,pg_catalog"
    with pytest.raises(psycopg.OperationalError, match="SASL authentication failed"):
        who(pooler, password="mine", options=options)
