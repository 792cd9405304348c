"""Tests of ``pgpool_py/config/effects.py``."""

from pathlib import Path

import pytest

from pgpool_py.config.effects import unsafe, without_effect
from pgpool_py.config.ini import read_ini
from pgpool_py.config.sections import Sections, read_sections


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
    )
    assert without_effect(found) == (
        "no effect yet: client_tls_dheparams (a.ini:2), dns_zone_check_period (a.ini:4)"
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
            "auth_type = pam",
            (
                'auth_type: "pam" is not supported yet; use one of any, trust, plain, '
                "md5, cert, hba, scram-sha-256 if that is safe enough"
            ),
        ),
        (
            "auth_type = ldap",
            (
                'auth_type: "ldap" is not supported yet; use one of any, trust, plain, '
                "md5, cert, hba, scram-sha-256 if that is safe enough"
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
        "auth_type = hba",
        "auth_query = select",
        "server_tls_sslmode = require",
    ],
)
def test_what_is_safe_is_not_refused(line: str) -> None:
    assert unsafe(sections(f"[pgbouncer]\n{line}\n")) == ()
