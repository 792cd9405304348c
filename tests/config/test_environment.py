"""Tests of ``pgpool_py/config/environment.py``: the environment over the file."""

import re
from pathlib import Path

import pytest

from pgpool_py.config.check import check
from pgpool_py.config.environment import ALONE, NOT_SETTINGS, SETTINGS, without_settings
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.config.options import OPTIONS
from pgpool_py.settings import PoolMode

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, **environment: str) -> Loaded:
    Path("a.ini").write_text(f"[pgbouncer]\n{text}\n")
    return load("a.ini", environment)


def faults(text: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, **environment)
    return [str(fault) for fault in caught.value.faults]


def test_a_variable_stands_over_the_file() -> None:
    settings = read(
        "pool_mode = session\nverbose = 1",
        PGPOOL_POOL_MODE="transaction",
        PGPOOL_QUERY_WAIT_TIMEOUT="500ms",
    ).settings
    assert settings.pool_mode is PoolMode.TRANSACTION
    assert settings.query_wait_timeout == 0.5
    assert settings.verbose == 1


def test_it_stands_over_a_section_that_is_opened_again() -> None:
    settings = read("[users]\n[pgbouncer]\nverbose = 1", PGPOOL_VERBOSE="3").settings
    assert settings.verbose == 3


def test_every_setting_has_a_variable() -> None:
    assert set(SETTINGS.values()) == set(OPTIONS)


def test_a_bad_value_is_a_fault_that_names_the_variable() -> None:
    assert faults("verbose = y", PGPOOL_POOL_MODE="fast", PGPOOL_LISTEN_PORT="x") == [
        'a.ini:2: verbose: "y" is not a whole number',
        'PGPOOL_LISTEN_PORT: "x" is not a whole number',
        'PGPOOL_POOL_MODE: "fast" is not one of session, transaction, statement',
    ]


def test_so_is_a_file_that_it_names_and_that_cannot_be_read() -> None:
    (fault,) = faults("", PGPOOL_AUTH_FILE="no.txt")
    assert fault.startswith("PGPOOL_AUTH_FILE: auth_file: no.txt cannot be read")


def test_what_would_be_less_safe_is_refused_there_too() -> None:
    (fault,) = faults("", PGPOOL_AUTH_TYPE="pam")
    assert fault.startswith('PGPOOL_AUTH_TYPE: auth_type: "pam" is not supported yet')


def test_what_has_no_effect_is_warned_of_by_the_variables_name() -> None:
    loaded = read("", PGPOOL_DNS_ZONE_CHECK_PERIOD="1")
    assert "no effect yet: dns_zone_check_period (PGPOOL_DNS_ZONE_CHECK_PERIOD)" in (
        loaded.warnings
    )


def test_unknown_names_get_one_warning_that_shows_no_value() -> None:
    warnings = read(
        "",
        PGPOOL_PORT="tcp://10.0.0.1:6432",
        PGPOOL_6432_TCP_ADDR="10.0.0.1",
        PGPOOL_POSTGRES_BIN="/bin",
        PGPOOLER="x",
        HOME="/",
    ).warnings
    assert [text for text in warnings if "environment" in text] == [
        (
            "no setting has the name of these environment variables: "
            "PGPOOL_6432_TCP_ADDR, PGPOOL_PORT"
        )
    ]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("PGPOOL_POOL_MOD", "PGPOOL_POOL_MODE"),
        ("PGPOOL_DEFAULT_POOLSIZE", "PGPOOL_DEFAULT_POOL_SIZE"),
        ("PGPOOL_LISTEN_ADDRESS", "PGPOOL_LISTEN_ADDR"),
        ("PGPOOL_ADMIN_USER", "PGPOOL_ADMIN_USERS"),
        ("PGPOOL_ALLOWROOT", "PGPOOL_ALLOW_ROOT"),
    ],
)
def test_a_slip_of_a_settings_name_is_a_fault_as_in_a_file_and_shows_no_value(
    slip: str, meant: str
) -> None:
    expected = f'{slip}: unknown setting (did you mean "{meant}"?)'
    assert faults("", **{slip: "s3cret"}) == [expected]


def test_so_is_one_of_what_names_databases_and_users_without_a_file() -> None:
    url = "postgresql://ann:x@h/app"
    given = {"DATABASE_URL": url, "PGPOOL_DATABASE": f"b={url}"}
    report = check(None, given)
    assert report.lines == (
        'PGPOOL_DATABASE: unknown setting (did you mean "PGPOOL_DATABASES"?)',
    )
    assert read("", **given).warnings


def test_no_service_of_kubernetes_keeps_a_pooler_from_starting() -> None:
    for setting in (*SETTINGS, *ALONE):
        # Of a service whose name is almost that of a setting.
        service = f"{setting}S"
        links = {
            f"{service}_SERVICE_HOST": "10.0.0.1",
            f"{service}_SERVICE_PORT": "6432",
            f"{service}_SERVICE_PORT_POSTGRES": "6432",
            f"{service}_PORT": "tcp://10.0.0.1:6432",
            f"{service}_PORT_6432_TCP": "tcp://10.0.0.1:6432",
            f"{service}_PORT_6432_TCP_PROTO": "tcp",
            f"{service}_PORT_6432_TCP_PORT": "6432",
            f"{service}_PORT_6432_TCP_ADDR": "10.0.0.1",
        }
        assert read("", **links).warnings
    assert read("", PGPOOL_LISTENS_PORT="tcp://10.0.0.1:6432").warnings


@pytest.mark.parametrize(
    "name", ["PGPOOL_NAMESPACE", "PGPOOL_VERSION", "PGPOOL_URL", "PGPOOL_BENCH_DIR"]
)
def test_what_others_may_have_named_so_is_no_fault(name: str) -> None:
    assert read("", **{name: "x"}).warnings


def test_a_check_takes_them_into_account() -> None:
    Path("a.ini").write_text("[pgbouncer]\n")
    report = check("a.ini", {"PGPOOL_VERBOSE": "x"})
    assert report.lines == ('PGPOOL_VERBOSE: "x" is not a whole number',)
    assert report.status == 1


def test_names_that_this_project_knows_itself_are_all_listed() -> None:
    sources = [
        path
        for directory in ("pgpool_py", "benchmarks", "tests/fixtures")
        for path in (ROOT / directory).rglob("*.py")
    ]
    named = {
        name
        for path in sources
        for name in re.findall(r'"(PGPOOL_[A-Z_]+[A-Z])"', path.read_text("utf-8"))
    }
    assert named - SETTINGS.keys() == NOT_SETTINGS | ALONE


def test_an_environment_can_be_freed_from_settings() -> None:
    slip = {"PGPOOL_VERBOS": "1"}
    given = {"PGPOOL_VERBOSE": "1", "PGPOOL_POSTGRES_BIN": "/bin", "HOME": "/", **slip}
    assert without_settings(given) == {"PGPOOL_POSTGRES_BIN": "/bin", "HOME": "/"}


@pytest.mark.parametrize("auth_type", ["any", "trust"])
def test_a_door_without_a_lock_is_not_opened_to_all_by_the_environment(
    auth_type: str,
) -> None:
    text = f"listen_addr = 127.0.0.1\nauth_type = {auth_type}"
    (fault,) = faults(text, PGPOOL_LISTEN_ADDR="*")
    assert f"auth_type {auth_type} asks for no password" in fault
    assert read(text, PGPOOL_LISTEN_ADDR="127.0.0.2").settings.listen_addr
    assert read(text.replace("127.0.0.1", "*")).settings.listen_addr
