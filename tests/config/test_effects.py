"""Tests of ``pgpool_py/config/effects.py``."""

from pathlib import Path

import pytest

from pgpool_py.config.effects import unsafe, without_effect
from pgpool_py.config.ini import read_ini
from pgpool_py.config.sections import Sections, read_sections
from pgpool_py.settings import DEFAULT_AUTH_QUERY


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sections(text: str) -> Sections:
    Path("a.ini").write_text(text)
    found = read_sections(read_ini("a.ini"))
    assert found.faults == []
    return found


def test_one_warning_names_all_that_has_no_effect_yet() -> None:
    found = sections(
        "[pgbouncer]\n"
        "client_tls_dheparams = legacy\n"
        "verbose = 2\n"
        "dns_zone_check_period = 1\n"
        "[databases]\n"
        "app = host=h auth_user=u\n"
    )
    assert without_effect(found) == (
        "no effect yet: client_tls_dheparams (a.ini:2), dns_zone_check_period "
        "(a.ini:4), [databases] app auth_user (a.ini:6)"
    )
    assert unsafe(found) == ()


def test_defaults_that_are_written_out_are_not_warned_of() -> None:
    found = sections("[pgbouncer]\nclient_tls_ciphers = default\npkt_buf = 4096")
    assert without_effect(found) is None


def test_what_a_reopened_section_puts_back_is_not_warned_of() -> None:
    assert without_effect(sections("[pgbouncer]\npkt_buf = 1\n[pgbouncer]")) is None


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (
            "auth_type = hba",
            (
                'auth_type: "hba" is not supported yet; use one of any, trust, plain, '
                "md5, scram-sha-256 if that is safe enough"
            ),
        ),
        (
            "auth_hba_file = hba.conf",
            (
                "auth_hba_file: is not supported yet, and starting without it would "
                "not be as safe; remove the line to do without"
            ),
        ),
        (
            f"auth_query = {DEFAULT_AUTH_QUERY}",
            (
                "auth_query: is not supported yet, and starting without it would not "
                "be as safe; remove the line to do without"
            ),
        ),
    ],
)
def test_what_would_be_less_safe_is_refused(line: str, wrong: str) -> None:
    found = sections(f"[pgbouncer]\n{line}\n")
    assert [str(fault) for fault in unsafe(found)] == [f"a.ini:2: {wrong}"]
    assert without_effect(found) is None


@pytest.mark.parametrize(
    "line",
    [
        "auth_type = scram-sha-256",
        "auth_hba_file =",
        "server_tls_sslmode = require",
    ],
)
def test_what_is_safe_is_not_refused(line: str) -> None:
    assert unsafe(sections(f"[pgbouncer]\n{line}\n")) == ()


def test_auth_query_of_a_database_is_refused_with_what_belongs_to_it() -> None:
    found = sections(
        "[pgbouncer]\n[databases]\n"
        "a = auth_query='select' auth_user=u\n"
        "b = auth_user=u auth_dbname=d\n"
    )
    assert [str(fault).split(" looking")[0] for fault in unsafe(found)] == [
        "a.ini:3: [databases] a: auth_query:",
        "a.ini:3: [databases] a: auth_user:",
    ]


def test_with_a_global_auth_query_the_users_of_databases_are_refused_too() -> None:
    found = sections(
        "[databases]\na = auth_user=u auth_dbname=d\n[pgbouncer]\nauth_query = select\n"
    )
    assert [str(fault).split(": ")[:3] for fault in unsafe(found)] == [
        [
            "a.ini:4",
            "auth_query",
            (
                "is not supported yet, and starting without it would not be as safe; "
                "remove the line to do without"
            ),
        ],
        ["a.ini:2", "[databases] a", "auth_dbname"],
        ["a.ini:2", "[databases] a", "auth_user"],
    ]
