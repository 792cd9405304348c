"""Tests of ``pgpool_py/settings/process.py``."""

import dataclasses
from typing import Any

import pytest

from pgpool_py.settings import (
    DatabaseSettings,
    LoadBalanceHosts,
    PoolMode,
    Settings,
    UserSettings,
)


def settings(
    database: DatabaseSettings | None = None,
    user: UserSettings | None = None,
    **main: Any,
) -> Settings:
    """One database ``app`` and one user ``alice``."""
    base = Settings(
        databases={"app": database or DatabaseSettings()},
        users={"alice": user or UserSettings()},
    )
    return dataclasses.replace(base, **main)


def one(name: str, value: float) -> dict[str, Any]:
    """A setting whose name is a parameter of the test."""
    return {name: value}


def test_a_database_is_found_by_its_name_before_the_fallback() -> None:
    named, fallback = DatabaseSettings(host=("a",)), DatabaseSettings(host=("b",))
    found = Settings(databases={"app": named, "*": fallback})
    assert found.find_database("app") is named
    assert found.find_database("other") is fallback


def test_without_a_fallback_an_unknown_database_is_not_found() -> None:
    assert settings().find_database("other") is None
    with pytest.raises(KeyError):
        settings().for_pool("other", "alice")


def test_a_pool_without_any_setting_has_the_global_ones() -> None:
    pool = settings().for_pool("app", "alice")
    assert pool.pool_mode is PoolMode.SESSION
    assert pool.pool_size == 20
    assert pool.server_lifetime == 3600.0
    assert pool.query_wait_timeout == 120.0
    assert pool.target.dbname == "app"
    assert pool.target.host == ("/tmp",)
    assert pool.target.port == 5432
    assert pool.target.user == "alice"
    assert pool.target.password is None
    assert pool.target.load_balance_hosts is LoadBalanceHosts.ROUND_ROBIN


def test_a_database_of_the_fallback_keeps_the_name_that_was_asked_for() -> None:
    pool = Settings(databases={"*": DatabaseSettings()}).for_pool("shop", "alice")
    assert pool.database == "shop"
    assert pool.target.dbname == "shop"


def test_a_fallback_with_dbname_sends_every_name_to_that_database() -> None:
    both = Settings(databases={"*": DatabaseSettings(dbname="one")})
    assert both.for_pool("shop", "alice").target.dbname == "one"


def test_without_host_the_socket_directory_is_used_even_if_we_do_not_listen() -> None:
    assert settings(unix_socket_dir="/run/pg").for_pool("app", "a").target.host == (
        "/run/pg",
    )
    assert settings(unix_socket_dir="").for_pool("app", "a").target.host == ("/tmp",)


@pytest.mark.parametrize("name", ["pool_size", "reserve_pool_size"])
def test_for_sizes_user_beats_database_beats_global_and_zero_counts(name: str) -> None:
    main = {"pool_size": "default_pool_size"}.get(name, name)
    database, user = DatabaseSettings(**one(name, 0)), UserSettings(**one(name, 7))
    assert getattr(settings(**one(main, 9)).for_pool("app", "alice"), name) == 9
    assert (
        getattr(settings(database, **one(main, 9)).for_pool("app", "alice"), name) == 0
    )
    pool = settings(database, user, **one(main, 9)).for_pool("app", "alice")
    assert getattr(pool, name) == 7


def test_for_the_mode_user_beats_database_beats_global() -> None:
    database = DatabaseSettings(pool_mode=PoolMode.TRANSACTION)
    user = UserSettings(pool_mode=PoolMode.STATEMENT)
    assert settings(database).for_pool("app", "a").pool_mode is PoolMode.TRANSACTION
    both = settings(database, user)
    assert both.for_pool("app", "alice").pool_mode is PoolMode.STATEMENT
    assert both.for_pool("app", "bob").pool_mode is PoolMode.TRANSACTION


def test_min_pool_size_of_a_database_counts_even_if_zero() -> None:
    database = DatabaseSettings(min_pool_size=0)
    assert settings(database, min_pool_size=4).for_pool("app", "a").min_pool_size == 0


def test_query_wait_timeout_is_the_users_then_the_databases_then_global() -> None:
    database = DatabaseSettings(query_wait_timeout=5.0)
    user = UserSettings(query_wait_timeout=3.0)
    pool = settings(database, user).for_pool("app", "alice")
    assert pool.query_wait_timeout == 3.0
    assert settings(database).for_pool("app", "alice").query_wait_timeout == 5.0


@pytest.mark.parametrize(
    "name",
    [
        "query_timeout",
        "idle_transaction_timeout",
        "transaction_timeout",
        "client_idle_timeout",
    ],
)
def test_a_users_timeout_beats_the_global_one_unless_it_is_zero(name: str) -> None:
    limited, zero = UserSettings(**one(name, 3.0)), UserSettings(**one(name, 0.0))
    pool = settings(None, limited, **one(name, 9.0)).for_pool("app", "alice")
    assert getattr(pool, name) == 3.0
    pool = settings(None, zero, **one(name, 9.0)).for_pool("app", "alice")
    assert getattr(pool, name) == 9.0


@pytest.mark.parametrize(
    "name", ["max_db_connections", "max_db_client_connections", "server_lifetime"]
)
def test_a_databases_limit_beats_the_global_one_unless_it_is_zero(name: str) -> None:
    limited, zero = DatabaseSettings(**one(name, 3)), DatabaseSettings(**one(name, 0))
    assert getattr(settings(limited, **one(name, 9)).for_pool("app", "a"), name) == 3
    assert getattr(settings(zero, **one(name, 9)).for_pool("app", "a"), name) == 9


def test_a_forced_user_decides_sizes_and_the_clients_user_its_own_limits() -> None:
    found = Settings(
        databases={"app": DatabaseSettings(user="owner")},
        users={
            "owner": UserSettings(
                pool_size=2, max_user_connections=5, query_timeout=1.0
            ),
            "alice": UserSettings(
                pool_size=9,
                max_user_connections=6,
                query_timeout=4.0,
                max_user_client_connections=8,
            ),
        },
    ).for_pool("app", "alice")
    assert found.target.user == "owner"
    assert found.pool_size == 2
    assert found.max_user_connections == 5
    assert found.query_timeout == 4.0
    assert found.max_user_client_connections == 8


def test_no_secret_shows_in_a_repr() -> None:
    secret = DatabaseSettings(password="hush", connect_query="set k = 'hush'")
    found = settings(secret, auth_ldap_options="ldapbindpasswd=hush")
    assert "hush" not in repr(found)
    assert "hush" not in repr(found.for_pool("app", "alice"))


def test_settings_with_the_same_values_are_equal_so_that_a_reload_can_compare() -> None:
    assert Settings() == Settings()
    assert settings() != settings(listen_port=1)
