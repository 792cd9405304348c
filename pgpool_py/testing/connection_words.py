"""Where PostgreSQL is, in the words of libpq's connection strings."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from pgpool_py.config.url import SETTINGS

#: Words of libpq on TLS, and the settings that mean the same towards servers.
_TLS: Final = {
    word: SETTINGS[word] for word in ("sslmode", "sslrootcert", "sslcert", "sslkey")
}


def words_of(dsn: str) -> dict[str, str]:
    """Return host, port, user, dbname, password and TLS of a connection string.

    Args:
        dsn: key=value or postgresql://.

    Raises:
        ImportError: psycopg is missing.
        ValueError: it asks for sslmode=verify-full.
    """
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - of the extra

    given = {k: str(v) for k, v in conninfo_to_dict(dsn).items() if v is not None}
    user = given.get("user", "postgres")
    words = {
        "host": given.get("host", "127.0.0.1"),
        "port": given.get("port", "5432"),
        "user": user,
        "dbname": given.get("dbname", user),
    }
    kept = {k: given[k] for k in ("password", *_TLS) if given.get(k)}
    if kept.get("sslmode") == "verify-full":
        raise ValueError(
            "sslmode=verify-full cannot be kept: the pooler of a test reaches "
            "PostgreSQL by 127.0.0.1, whatever its name is; use verify-ca"
        )
    if kept.get("sslmode") == "require" and "sslrootcert" in kept:
        # libpq's: who names an authority wants it to be asked.
        kept["sslmode"] = "verify-ca"
    return words | kept


def without_tls(words: Mapping[str, str]) -> dict[str, str]:
    """Return the words that are not about TLS."""
    return {k: v for k, v in words.items() if k not in _TLS}


def tls_settings(words: Mapping[str, str]) -> dict[str, str]:
    """Return how servers are to be encrypted; over a unix socket they never are."""
    if words["host"].startswith("/"):
        return {"server_tls_sslmode": "disable"}
    return {ours: words[theirs] for theirs, ours in _TLS.items() if theirs in words}


def as_url(words: Mapping[str, str]) -> str:
    """Return the string as postgresql://."""
    part = {k: quote(v, safe="") for k, v in words.items()}
    secret = f":{part['password']}" if "password" in part else ""
    where = f"{words['host']}:{words['port']}"
    return f"postgresql://{part['user']}{secret}@{where}/{part['dbname']}"
