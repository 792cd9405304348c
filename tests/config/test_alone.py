"""Tests of ``pgpool_py/config/alone.py``: a start without a file."""

from pathlib import Path

import pytest

from pgpool_py.config.check import check
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.settings import AuthType, PoolMode, SslMode

URL = "postgresql://app:s3cr3t@db/shop"


def faults(**environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(None, environment)
    found = [str(fault) for fault in caught.value.faults]
    assert "s3cr3t" not in "".join(found)
    return found


def secrets(loaded: Loaded) -> dict[str, str]:
    return {user: secret.text for user, secret in loaded.secrets.items()}


def test_a_url_is_a_database_and_a_user() -> None:
    loaded = load(None, {"DATABASE_URL": f"{URL}?sslmode=require"})
    settings = loaded.settings
    assert settings.databases["shop"].host == ("db",)
    assert secrets(loaded) == {"app": "s3cr3t"}
    assert settings.pool_mode is PoolMode.TRANSACTION
    assert settings.auth_type is AuthType.SCRAM_SHA_256
    assert settings.server_tls_sslmode is SslMode.REQUIRE
    assert (settings.listen_addr, settings.unix_socket_dir) == (("127.0.0.1",), "")
    assert settings.conffile == ""
    assert loaded.warnings == ()
    assert "s3cr3t" not in repr(loaded)


def test_a_user_logs_in_at_postgresql_as_itself() -> None:
    line = load(None, {"DATABASE_URL": URL}).settings.databases["shop"]
    assert (line.user, line.password) == (None, None)


def test_more_databases_have_names_of_their_own() -> None:
    more = f"a={URL}\n b=postgresql://bob:x@[::1]:5433/other?sslmode=disable"
    loaded = load(None, {"PGPOOL_DATABASES": more})
    assert {n: d.dbname for n, d in loaded.settings.databases.items()} == {
        "a": "shop",
        "b": "other",
    }
    assert secrets(loaded) == {"app": "s3cr3t", "bob": "x"}


def test_settings_of_the_environment_stand_over_all() -> None:
    given = {
        "DATABASE_URL": URL,
        "PGPOOL_LISTEN_ADDR": "*",
        "PGPOOL_POOL_MODE": "session",
    }
    settings = load(None, given).settings
    assert settings.listen_addr == ("*",)
    assert settings.pool_mode is PoolMode.SESSION


def test_secrets_may_be_mounted(tmp_path: Path) -> None:
    url, users = tmp_path / "url", tmp_path / "users"
    url.write_text("postgresql://app@db/shop\n")
    users.write_text('"app" "other"\n')
    given = {"DATABASE_URL_FILE": str(url), "PGPOOL_USERLIST_FILE": str(users)}
    loaded = load(None, given)
    assert secrets(loaded) == {"app": "other"}
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("environment", "wrong"),
    [
        ({"DATABASE_URL": "postgresql://app@db/shop"}, "DATABASE_URL: has no password"),
        ({"DATABASE_URL": URL, "DATABASE_URL_FILE": "/x"}, "is set as well"),
        ({"DATABASE_URL_FILE": "/no/such"}, "/no/such cannot be read: No such file"),
        ({"PGPOOL_DATABASES": URL}, "PGPOOL_DATABASES: expected NAME=URL"),
        ({"PGPOOL_DATABASES": f"a={URL} a={URL}"}, "named before"),
        (
            {"PGPOOL_DATABASES": f"a={URL} b=postgresql://app:y@db/b"},
            "b: has another password",
        ),
        (
            {"PGPOOL_DATABASES": f"a={URL}?sslmode=require b={URL}?sslmode=disable"},
            "b: asks for another server_tls_sslmode",
        ),
        ({"DATABASE_URL": f"{URL}?sslmode=maybe"}, "server_tls_sslmode"),
        ({"DATABASE_URL": URL, "PGPOOL_LISTEN_ADDR": ""}, "nowhere to listen"),
    ],
)
def test_what_cannot_be_used_is_said(environment: dict[str, str], wrong: str) -> None:
    assert wrong in "\n".join(faults(**environment))


@pytest.mark.parametrize("auth_type", ["any", "trust"])
def test_no_stranger_is_let_in_without_a_password(auth_type: str) -> None:
    given = {"DATABASE_URL": URL, "PGPOOL_AUTH_TYPE": auth_type}
    assert load(None, given).settings.auth_type == auth_type
    (fault,) = faults(**given, PGPOOL_LISTEN_ADDR="0.0.0.0")
    assert f"auth_type {auth_type} asks for no password" in fault
    assert "PGPOOL_LISTEN_ADDR=127.0.0.1" in fault


def test_a_check_shows_no_password() -> None:
    report = check(None, {"DATABASE_URL": URL})
    assert (report.lines, report.status) == (("environment: ok",), 0)


def test_beside_a_file_the_environment_names_no_databases(tmp_path: Path) -> None:
    ini = tmp_path / "a.ini"
    ini.write_text("[pgbouncer]\n")
    loaded = load(str(ini), {"DATABASE_URL": URL, "PGPOOL_DATABASES": f"a={URL}"})
    assert not loaded.settings.databases
    assert any("PGPOOL_DATABASES" in text for text in loaded.warnings)
