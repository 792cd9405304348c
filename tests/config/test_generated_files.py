"""Configurations of the shapes that packages, Docker images and Helm charts generate.

Each stands in ``fixtures/`` under the name of its source.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.config.load import Loaded, load
from pgpool_py.settings import AuthType, PoolMode, SslMode
from tests.fixtures.certificates import Authority

Read = Callable[[str], Loaded]

FIXTURES = Path(__file__).with_name("fixtures")

NAMES = sorted(path.stem for path in FIXTURES.iterdir())
#: Who asks for secrets, by file.
ASKING = {"cloudnative-pg": "cnpg_pooler_pgbouncer", "zalando": "pooler"}

HBA = """\
local pgbouncer pgbouncer peer

host all all 0.0.0.0/0 md5
host all all ::/0 md5
"""


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read(authority: Authority) -> Read:
    """Return what loads a file, all files that it names standing beside it."""
    issued = authority.issue("pooler.test")
    files = {
        "auth_file": "users.txt",
        "auth_hba_file": "hba.conf",
        "client_tls_key_file": issued.key_file,
        "client_tls_cert_file": issued.cert_file,
        "client_tls_ca_file": authority.ca_file,
        "server_tls_ca_file": authority.ca_file,
    }

    def load_file(name: str) -> Loaded:
        text = (FIXTURES / f"{name}.ini").read_text()
        for key, path in files.items():
            text = re.sub(rf"(?m)^({key} ?= ?).*$", rf"\g<1>{path}", text)
        users = {"app", ASKING.get(name, "app")}
        lines = "".join(f'"{user}" "md5{"0" * 32}"\n' for user in sorted(users))
        Path("users.txt").write_text(lines)
        Path("hba.conf").write_text(HBA)
        Path("pgbouncer.ini").write_text(text)
        return load("pgbouncer.ini")

    return load_file


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_warns_of_nothing_but_what_has_no_effect(
    read: Read, name: str
) -> None:
    loaded = read(name)
    assert loaded.settings.databases
    assert "app" in loaded.secrets
    for warning in loaded.warnings:
        assert warning.startswith("no effect yet: ")


def test_what_guards_the_door_is_taken_from_the_file(read: Read) -> None:
    cloudnative = read("cloudnative-pg").settings
    assert cloudnative.auth_type is AuthType.HBA
    assert cloudnative.auth_query.startswith("SELECT usename")
    assert cloudnative.server_tls_sslmode is SslMode.VERIFY_CA
    zalando = read("zalando").settings
    assert zalando.client_tls_sslmode is SslMode.REQUIRE
    assert zalando.databases["*"].auth_user == "pooler"


def test_the_values_are_those_that_the_file_shows(read: Read) -> None:
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
