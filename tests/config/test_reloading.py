"""Tests of ``pgpool_py/config/reloading.py``."""

import dataclasses
from typing import Any

import pytest

from pgpool_py.config.options import OPTIONS
from pgpool_py.config.reloading import merge
from pgpool_py.settings import DatabaseSettings, Settings

BOOT_ONLY = sorted(name for name, option in OPTIONS.items() if not option.reloadable)
RELOADABLE = sorted(OPTIONS.keys() - BOOT_ONLY)


def changed(name: str) -> Settings:
    """Return settings with another value; what type it has makes no difference."""
    values: dict[str, Any] = {name: ("changed", OPTIONS[name].default)}
    return Settings(**values)


@pytest.mark.parametrize("name", BOOT_ONLY)
def test_what_cannot_be_reloaded_keeps_its_value_and_says_so(name: str) -> None:
    settings, (warning,) = merge(Settings(), changed(name))
    assert settings == Settings()
    assert warning.startswith(f"{name} cannot change without a restart: ")
    assert warning.endswith((" stays", ": it stays empty"))


@pytest.mark.parametrize("name", RELOADABLE)
def test_everything_else_is_taken_over(name: str) -> None:
    new = changed(name)
    assert merge(Settings(), new) == (new, ())


def test_the_other_sections_are_taken_over() -> None:
    new = Settings(databases={"app": DatabaseSettings(dbname="real")})
    assert merge(Settings(), new) == (new, ())


def test_each_warning_names_the_value_that_stays() -> None:
    old = Settings(listen_addr=("a", "b"), so_reuseport=True)
    new = Settings(listen_port=7000, user="nobody", max_client_conn=7)
    settings, warnings = merge(old, new)
    assert settings == dataclasses.replace(old, max_client_conn=7)
    assert warnings == (
        "listen_addr cannot change without a restart: a,b stays",
        "listen_port cannot change without a restart: 6432 stays",
        "so_reuseport cannot change without a restart: 1 stays",
        "user cannot change without a restart: it stays empty",
    )


def test_what_has_not_changed_is_not_warned_of() -> None:
    old = Settings(listen_port=7000)
    assert merge(old, Settings(listen_port=7000, verbose=1)) == (
        Settings(listen_port=7000, verbose=1),
        (),
    )
