"""Where PostgreSQL is: what is kept of a connection string."""

from collections.abc import Iterator

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.testing.connection_words import as_url, tls_settings, words_of
from pgpool_py.testing.handle import pooler
from tests.fixtures.certificates import Authority
from tests.integration.test_tls_servers import encryption, install


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        install(server, authority.issue("127.0.0.1"))
        hba = "hostssl all all 127.0.0.1/32 trust\nlocal all all trust\n"
        (server.data_dir / "pg_hba.conf").write_text(hba)
        for sql in ("ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"):
            server.psql(sql)
        yield server


def test_what_is_not_said_is_as_with_libpq() -> None:
    assert words_of("user=app") == {
        "host": "127.0.0.1",
        "port": "5432",
        "user": "app",
        "dbname": "app",
    }


def test_tls_is_said_in_the_settings_words() -> None:
    words = words_of("sslmode=verify-ca sslrootcert=ca sslcert=crt sslkey=key")
    assert tls_settings(words) == {
        "server_tls_sslmode": "verify-ca",
        "server_tls_ca_file": "ca",
        "server_tls_cert_file": "crt",
        "server_tls_key_file": "key",
    }


def test_who_names_an_authority_has_it_asked() -> None:
    assert words_of("sslmode=require sslrootcert=ca")["sslmode"] == "verify-ca"


def test_a_unix_socket_is_never_encrypted() -> None:
    words = words_of("host=/tmp sslmode=require")
    assert tls_settings(words) == {"server_tls_sslmode": "disable"}


def test_a_name_that_could_not_be_verified_is_refused() -> None:
    with pytest.raises(ValueError, match="use verify-ca"):
        words_of("host=db.example sslmode=verify-full")


def test_what_is_special_in_a_url_is_escaped() -> None:
    words = {"host": "h", "port": "1", "user": "a@b", "password": "/", "dbname": "d?"}
    assert as_url(words) == "postgresql://a%40b:%2F@h:1/d%3F"


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca"])
def test_postgresql_is_reached_encrypted(
    secured: EmbeddedPostgres, authority: Authority, mode: str
) -> None:
    ca = f" sslrootcert={authority.ca_file}" if mode == "verify-ca" else ""
    with (
        pooler(f"{secured.dsn} sslmode={mode}{ca}") as pool,
        psycopg.connect(pool.dsn) as client,
    ):
        assert encryption(client)[0]


@pytest.mark.integration
def test_no_encryption_is_kept_too(secured: EmbeddedPostgres) -> None:
    # PostgreSQL would let nobody in by TCP without.
    with (
        pooler(f"{secured.dsn} sslmode=disable") as pool,
        pytest.raises(psycopg.OperationalError, match="no encryption"),
    ):
        psycopg.connect(pool.dsn)
