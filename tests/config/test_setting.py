"""Tests of ``pgpool_py/config/setting.py``."""

from dataclasses import fields, replace

import pytest

from pgpool_py.config.options import OPTIONS
from pgpool_py.config.setting import SECRET, SettingError, changed, has_no_effect
from pgpool_py.settings import PoolMode, Settings


def test_one_setting_is_changed_and_no_other() -> None:
    before = Settings(min_pool_size=3)
    after = changed(before, "pool_mode", "Transaction")
    assert after == replace(before, pool_mode=PoolMode.TRANSACTION)
    assert before.pool_mode is PoolMode.SESSION


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("nonsense", "1", 'unknown setting "nonsense"'),
        ("pool_moda", "1", 'unknown setting "pool_moda" (did you mean "pool_mode"?)'),
        ("databases", "1", 'unknown setting "databases"'),
        ("verbose", "much", 'verbose: "much" is not a whole number'),
        ("auth_type", "pam", 'auth_type: "pam" is not supported yet; use one of any'),
        ("server_drain_timeout", "0", 'server_drain_timeout: "0" is not between 0.1'),
    ],
)
def test_what_the_file_may_not_say_is_refused(name: str, text: str, wrong: str) -> None:
    with pytest.raises(SettingError) as caught:
        changed(Settings(), name, text)
    assert str(caught.value).startswith(wrong)


@pytest.mark.parametrize(
    "name", [name for name, option in OPTIONS.items() if not option.reloadable]
)
def test_what_is_read_at_the_start_only_is_refused_whatever_the_value(
    name: str,
) -> None:
    with pytest.raises(SettingError) as caught:
        changed(Settings(), name, "1")
    assert str(caught.value) == f"{name} cannot change without a restart"
    assert caught.value.hint == "Change it in the configuration file and restart."


def test_a_default_is_taken_even_where_nothing_else_is() -> None:
    assert changed(Settings(), "auth_type", "md5") == Settings()
    assert changed(Settings(), "auth_hba_file", "") == Settings()


def test_what_is_kept_out_of_repr_is_secret() -> None:
    assert "auth_ldap_options" in SECRET
    assert {field.name for field in fields(Settings)} >= SECRET


def test_a_value_without_effect_is_known_as_such() -> None:
    option = OPTIONS["sbuf_loopcnt"]
    assert not has_no_effect(Settings(), option)
    assert has_no_effect(Settings(sbuf_loopcnt=7), option)
    assert not has_no_effect(Settings(verbose=2), OPTIONS["verbose"])
