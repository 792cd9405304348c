"""Configurations of the shapes that packages, Docker images and Helm charts generate.

Each stands in ``fixtures/`` under the name of its source.
"""

import re
from pathlib import Path

import pytest

from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.settings import AuthType, PoolMode

FIXTURES = Path(__file__).with_name("fixtures")

#: What is refused by name so far, and how often it stands in the file.
REFUSED = {
    "cloudnative-pg": [
        "auth_hba_file",
        "auth_query",
        "auth_type",
        "server_tls_sslmode",
    ],
    "zalando": [
        "[databases] *",
        "[databases] postgres",
        "auth_query",
        "client_tls_sslmode",
        "server_tls_sslmode",
    ],
}
USABLE = sorted({path.stem for path in FIXTURES.iterdir()} - REFUSED.keys())


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str) -> Loaded:
    """Load the file, its auth_file standing beside it."""
    text = (FIXTURES / f"{name}.ini").read_text()
    here, replaced = re.subn(r"(?m)^(auth_file ?= ?).*$", r"\1users.txt", text)
    assert replaced == 1
    Path("users.txt").write_text(f'"app" "md5{"0" * 32}"\n')
    Path("pgbouncer.ini").write_text(here)
    return load("pgbouncer.ini")


@pytest.mark.parametrize("name", USABLE)
def test_it_loads_and_warns_of_nothing_but_what_has_no_effect_yet(name: str) -> None:
    loaded = read(name)
    assert loaded.settings.databases
    assert list(loaded.secrets) == ["app"]
    for warning in loaded.warnings:
        assert warning.startswith("no effect yet: ")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_safe_to_ignore_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(name)
    refused = [fault.text.partition(":")[0] for fault in caught.value.faults]
    assert sorted(set(refused)) == REFUSED[name]


def test_the_values_are_those_that_the_file_shows() -> None:
    assert read("debian").settings.unix_socket_dir == "/var/run/postgresql"
    edoburu = read("edoburu").settings
    assert (edoburu.user, edoburu.unix_socket_dir) == ("postgres", "")
    assert edoburu.auth_type is AuthType.SCRAM_SHA_256
    assert read("bitnami").settings.unix_socket_mode == 0o777
    reporting = read("icoretech").settings.databases["reporting"]
    assert reporting.pool_mode is PoolMode.SESSION
    cradlepoint = read("cradlepoint").settings
    assert cradlepoint.users["batch"].max_user_connections == 5
    assert cradlepoint.ignore_startup_parameters == (
        "extra_float_digits",
        "search_path",
    )
