"""Servers that are reached over TLS."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.account import account_to_become
from tests.fixtures.certificates import Authority, Issued
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.terminator import encrypted_after_request, terminated

StartBefore = Callable[..., PoolerProcess]

#: Who comes in clear text, and who has to prove themselves in which way.
HBA = """\
hostnossl all stubborn 127.0.0.1/32 trust
hostssl   all stubborn 127.0.0.1/32 reject
hostssl   all certain  127.0.0.1/32 cert
hostssl   all scrammed 127.0.0.1/32 scram-sha-256
host      all all      127.0.0.1/32 trust
local     all all                   trust
"""


def install(server: EmbeddedPostgres, issued: Issued) -> None:
    """Give a server its certificate."""
    account = account_to_become()
    for source, name in ((issued.cert_file, "crt"), (issued.key_file, "key")):
        target = server.data_dir / f"server.{name}"
        shutil.copy(source, target)
        target.chmod(0o600)
        if account is not None:
            os.chown(target, account.uid, account.gid)


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[EmbeddedPostgres]:
    """Return a PostgreSQL that has a certificate for 127.0.0.1."""
    with EmbeddedPostgres(settings={"password_encryption": "scram-sha-256"}) as server:
        install(server, authority.issue("127.0.0.1"))
        (server.data_dir / "ca.crt").write_bytes(authority.ca_file.read_bytes())
        (server.data_dir / "ca.crt").chmod(0o644)
        (server.data_dir / "pg_hba.conf").write_text(HBA)
        server.createdb(POOLED)
        for sql in (
            "CREATE ROLE stubborn LOGIN",
            "CREATE ROLE certain LOGIN",
            "CREATE ROLE scrammed LOGIN PASSWORD 'a password'",
            "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ):
            server.psql(sql)
        yield server


@pytest.fixture
def start_before(start_pooler: StartPooler, secured: EmbeddedPostgres) -> StartBefore:
    """Return a starter of poolers in front of it."""

    def start(**settings: Any) -> PoolerProcess:
        given = {"server": secured, "pool_mode": "transaction"}
        return start_pooler(**{**given, **settings})

    return start


def encryption(client: psycopg.Connection[Any]) -> tuple[bool, str | None]:
    """Say whether the server is reached over TLS, and by whose certificate."""
    row = client.execute(
        "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize(
    ("mode", "encrypted"),
    [("disable", False), ("prefer", True), ("require", True)],
)
def test_the_mode_says_whether_it_is_encrypted(
    start_before: StartBefore, mode: str, encrypted: bool
) -> None:
    with start_before(server_tls_sslmode=mode).connect() as client:
        assert encryption(client) == (encrypted, None)
        rows = client.execute("SELECT repeat('x', 1000) FROM generate_series(1, 50000)")
        assert len(rows.fetchall()) == 50_000


def test_who_verifies_finds_the_right_certificate(
    start_before: StartBefore, authority: Authority
) -> None:
    pooler = start_before(
        server_tls_sslmode="verify-full", server_tls_ca_file=authority.ca_file
    )
    with pooler.connect() as client:
        assert encryption(client) == (True, None)


def test_a_certificate_of_somebody_else_is_refused(
    start_before: StartBefore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    pooler = start_before(
        server_tls_sslmode="verify-ca", server_tls_ca_file=stranger.ca_file
    )
    with pytest.raises(psycopg.OperationalError, match="TLS handshake failed"):
        pooler.connect()


def test_a_certificate_of_another_name_is_refused_by_verify_full_alone(
    start_before: StartBefore, authority: Authority
) -> None:
    words = {"server_tls_ca_file": authority.ca_file}
    where = "host=localhost dbname=pooled"
    full = start_before(
        server_tls_sslmode="verify-full", databases={"named": where}, **words
    )
    with pytest.raises(psycopg.OperationalError, match="TLS handshake failed"):
        full.connect("named")
    full.close()
    lax = start_before(
        server_tls_sslmode="verify-ca", databases={"named": where}, **words
    )
    with lax.connect("named") as client:
        assert encryption(client) == (True, None)


def test_a_server_without_tls_is_left_where_it_is_required(
    start_pooler: StartPooler,
) -> None:
    with pytest.raises(psycopg.OperationalError, match="server refused SSL"):
        start_pooler(server_tls_sslmode="require").connect()


def test_without_tls_where_it_is_only_preferred(start_pooler: StartPooler) -> None:
    with start_pooler(server_tls_sslmode="prefer").connect() as client:
        assert encryption(client) == (False, None)


def test_a_certificate_of_ours_opens_what_asks_for_one(
    start_before: StartBefore, authority: Authority
) -> None:
    issued = authority.issue("pooler.test", common_name="certain")
    pooler = start_before(
        server_tls_sslmode="require",
        server_tls_key_file=issued.key_file,
        server_tls_cert_file=issued.cert_file,
        databases={"certain": "dbname=pooled user=certain"},
    )
    with pooler.connect("certain") as client:
        encrypted, subject = encryption(client)
        assert encrypted
        assert (subject or "").endswith("/CN=certain")


def test_scram_is_bound_to_the_servers_certificate(start_before: StartBefore) -> None:
    pooler = start_before(
        server_tls_sslmode="require",
        databases={"scrammed": "dbname=pooled user=scrammed password='a password'"},
    )
    with pooler.connect("scrammed") as client:
        assert encryption(client) == (True, None)


def test_a_cancel_reaches_an_encrypted_server(start_before: StartBefore) -> None:
    pooler = start_before(server_tls_sslmode="require")
    with pooler.connect() as client, ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.execute, "SELECT pg_sleep(30)")
        pooler.wait_for_backends(1, "sleeping", "pg_sleep")
        client.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):
            running.result()


def test_new_certificates_of_ours_replace_the_servers(
    start_before: StartBefore, authority: Authority
) -> None:
    issued = authority.issue("pooler.test", common_name="certain")
    pooler = start_before(
        server_tls_sslmode="require",
        server_tls_key_file=issued.key_file,
        server_tls_cert_file=issued.cert_file,
    )
    client = pooler.keep(pooler.connect())
    before = client.execute("SELECT pg_backend_pid()").fetchone()
    pooler.reload()
    assert client.execute("SELECT pg_backend_pid()").fetchone() == before
    authority.issue("pooler.test", common_name="certain")
    pooler.reload()
    assert client.execute("SELECT pg_backend_pid()").fetchone() != before


def test_tls_may_begin_without_a_request(
    start_pooler: StartPooler, pooled: EmbeddedPostgres, authority: Authority
) -> None:
    context = authority.server_context("127.0.0.1")
    context.set_alpn_protocols(["postgresql"])
    with terminated(context, (pooled.host, pooled.port)) as port:
        pooler = start_pooler(
            server_tls_sslmode="verify-full",
            server_tls_sslnegotiation="direct",
            server_tls_ca_file=str(authority.ca_file),
            database_options=f"port={port}",
        )
        with pooler.connect() as client:
            assert client.execute("SELECT 1").fetchone() == (1,)
        pooler.close()


def test_a_man_in_the_middle_is_told_by_the_binding_of_scram(
    start_before: StartBefore, secured: EmbeddedPostgres, authority: Authority
) -> None:
    # Nobody verifies its certificate, and it passes everything on.
    context = authority.server_context("127.0.0.1")
    context.set_alpn_protocols(["postgresql"])
    behind = (secured.host, secured.port)
    with terminated(context, behind, encrypted_after_request) as port:
        pooler = start_before(
            server_tls_sslmode="require",
            server_tls_sslnegotiation="direct",
            databases={
                "scrammed": f"port={port} dbname=pooled user=scrammed "
                "password='a password'",
                "trusted": f"port={port} dbname=pooled user=postgres",
            },
        )
        # By trust it gets through: what fails is nothing but the binding.
        with pooler.connect("trusted") as client:
            assert encryption(client) == (True, None)
        with pytest.raises(psycopg.OperationalError, match="channel binding"):
            pooler.connect("scrammed")
        pooler.close()
