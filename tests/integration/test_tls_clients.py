"""Clients that come over TLS."""

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from pgwire.scram import derive
from tests.fixtures.certificates import Authority
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.terminator import encrypted, terminated

StartSecured = Callable[..., PoolerProcess]


@pytest.fixture
def start_secured(start_pooler: StartPooler, authority: Authority) -> StartSecured:
    """Return a starter of poolers that have a certificate for 127.0.0.1."""
    issued = authority.issue("127.0.0.1")

    def start(**settings: Any) -> PoolerProcess:
        given = {
            "pool_mode": "transaction",
            "client_tls_sslmode": "require",
            "client_tls_key_file": issued.key_file,
            "client_tls_cert_file": issued.cert_file,
        }
        return start_pooler(**{**given, **settings})

    return start


def verifying(authority: Authority, **options: str) -> dict[str, str]:
    return {
        "sslmode": "verify-full",
        "sslrootcert": str(authority.ca_file),
        **options,
    }


def test_a_client_that_verifies_us_gets_in(
    start_secured: StartSecured, authority: Authority
) -> None:
    pooler = start_secured()
    with pooler.connect(**verifying(authority)) as client:
        assert client.pgconn.ssl_in_use
        assert client.execute("SELECT 1").fetchone() == (1,)
        rows = client.execute("SELECT repeat('x', 1000) FROM generate_series(1, 50000)")
        assert len(rows.fetchall()) == 50_000
    assert "tls=TLSv1.3/" in pooler.log


def test_a_client_without_tls_does_not(start_secured: StartSecured) -> None:
    pooler = start_secured()
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        pooler.connect(sslmode="disable")


def test_it_may_where_tls_is_only_allowed(start_secured: StartSecured) -> None:
    pooler = start_secured(client_tls_sslmode="allow")
    for mode, secured in (("disable", False), ("require", True)):
        with pooler.connect(sslmode=mode) as client:
            assert client.pgconn.ssl_in_use is secured


@pytest.mark.parametrize("stored", ["plain", "scram"])
def test_scram_may_be_bound_to_our_certificate(
    start_secured: StartSecured, authority: Authority, stored: str
) -> None:
    secret = "a password"
    if stored == "scram":
        secret = derive("a password", b"salt of sixteen!", 4096).format()
    pooler = start_secured(
        auth_type="scram-sha-256",
        users={"alice": secret},
        databases={"plain": "dbname=postgres user=postgres"},
    )
    words = verifying(authority, user="alice", password="a password")
    with pooler.connect("plain", channel_binding="require", **words) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_certificate_of_their_own_is_asked_for(
    start_secured: StartSecured, authority: Authority
) -> None:
    pooler = start_secured(
        client_tls_sslmode="verify-full", client_tls_ca_file=authority.ca_file
    )
    with pytest.raises(
        psycopg.OperationalError, match=r"certificate required|EOF|alert"
    ):
        pooler.connect(**verifying(authority)).execute("SELECT 1")
    issued = authority.issue("client.test", common_name="postgres")
    words = verifying(
        authority, sslcert=str(issued.cert_file), sslkey=str(issued.key_file)
    )
    with pooler.connect(**words) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_new_certificate_is_taken_by_a_reload_and_sessions_go_on(
    start_secured: StartSecured, authority: Authority
) -> None:
    first, second = authority.issue("127.0.0.1"), authority.issue("127.0.0.2")
    pooler = start_secured(
        client_tls_key_file=first.key_file, client_tls_cert_file=first.cert_file
    )
    client = pooler.keep(pooler.connect(**verifying(authority)))
    shutil.copy(second.key_file, first.key_file)
    shutil.copy(second.cert_file, first.cert_file)
    pooler.reload()
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        pooler.connect(**verifying(authority))
    assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_certificate_that_is_none_changes_nothing(
    start_secured: StartSecured, authority: Authority
) -> None:
    issued = authority.issue("127.0.0.1")
    pooler = start_secured(
        client_tls_key_file=issued.key_file, client_tls_cert_file=issued.cert_file
    )
    issued.cert_file.write_text("no certificate\n")
    pooler.reload()
    assert "client_tls_cert_file" in pooler.log
    with pooler.connect(**verifying(authority)) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_certificate_that_cannot_be_had_is_refused_by_set(
    start_secured: StartSecured, authority: Authority
) -> None:
    pooler = start_secured(admin_users="postgres", client_tls_sslmode="allow")
    with pooler.connect("pgbouncer", sslmode="disable") as console:
        with pytest.raises(psycopg.Error, match="SET failed") as caught:
            console.execute("SET client_tls_cert_file = '/none'")
        assert "client_tls_cert_file" in (caught.value.diag.message_detail or "")
        console.execute("SET client_tls_sslmode = 'require'")
    with pooler.connect(**verifying(authority)) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        pooler.connect(sslmode="disable")


def test_the_console_shows_how_a_client_is_encrypted(
    start_secured: StartSecured, authority: Authority
) -> None:
    pooler = start_secured(admin_users="postgres")
    with pooler.connect("pgbouncer", **verifying(authority)) as console:
        client = pooler.keep(pooler.connect(**verifying(authority)))
        client.execute("SELECT 1")
        rows = console.cursor(row_factory=dict_row).execute("SHOW CLIENTS").fetchall()
        assert {row["tls"][:8] for row in rows} == {"TLSv1.3/"}


def test_a_man_in_the_middle_is_told_by_the_binding_of_scram(
    start_secured: StartSecured, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pooler = start_secured(
        auth_type="scram-sha-256",
        users={"alice": "a password"},
        databases={"plain": "dbname=postgres user=postgres"},
    )
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    context = stranger.server_context("127.0.0.1")
    context.set_alpn_protocols(["postgresql"])
    words = {
        "sslmode": "require",
        "sslnegotiation": "direct",
        "user": "alice",
        "password": "a password",
    }
    with terminated(context, (pooler.host, pooler.port), encrypted) as port:
        # Who does not mind is deceived; who demands the binding is not.
        where = pooler.dsn("plain")
        given: dict[str, Any] = {**words, "port": str(port)}
        with psycopg.connect(where, channel_binding="disable", **given) as client:
            assert client.execute("SELECT 1").fetchone() == (1,)
        for demand in ("prefer", "require"):
            with pytest.raises(psycopg.OperationalError, match="channel binding"):
                psycopg.connect(where, channel_binding=demand, **given)


def test_certificates_are_renewed_under_load_and_no_transaction_fails(
    start_secured: StartSecured, authority: Authority
) -> None:
    issued = authority.issue("127.0.0.1")
    pooler = start_secured(
        client_tls_key_file=issued.key_file, client_tls_cert_file=issued.cert_file
    )
    renewing = threading.Event()

    def work() -> int:
        done = 0
        while not renewing.is_set():
            with pooler.connect(**verifying(authority)) as client:
                for _ in range(5):
                    client.execute("SELECT 1")
            done += 5
        return done

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work) for _ in range(4)]
        for _ in range(10):
            authority.issue("127.0.0.1")
            pooler.reload()
        renewing.set()
        assert all(worker.result() for worker in workers)
