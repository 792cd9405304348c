"""``pgpool-py top``: where the console is."""

import sys
from pathlib import Path

import pytest

from pgpool_py.cli.main import main
from pgpool_py.cli.top import ConsoleNotFoundError, find_console


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    return tmp_path / "pgbouncer.ini"


def write(ini: Path, *lines: str) -> str:
    ini.write_text("\n".join(("[databases]", "app =", "[pgbouncer]", *lines)))
    return str(ini)


@pytest.mark.parametrize("where", ["postgresql://ann@h:1/pgbouncer", "host=h user=ann"])
def test_a_url_stays_as_it_is(where: str) -> None:
    assert find_console(where, {"PGUSER": "bob"}) == where


def test_a_file_leads_to_its_unix_socket_where_the_owner_needs_no_password(
    ini: Path,
) -> None:
    file = write(ini, "unix_socket_dir = /run/it's", "listen_port = 7000")
    expected = "host='/run/it\\'s' port='7000' user='pgbouncer'"
    assert find_console(file, {}) == expected


def test_without_a_unix_socket_it_is_an_admin_that_logs_in(ini: Path) -> None:
    common = ("unix_socket_dir =", "listen_addr = *", "stats_users = eve")
    file = write(ini, *common, "admin_users = ann, bob")
    assert find_console(file, {}) == "host='127.0.0.1' port='6432' user='ann'"
    as_bob = find_console(file, {"PGUSER": "bob", "PGPOOL_LISTEN_PORT": "7"})
    assert as_bob == "host='127.0.0.1' port='7' user='bob'"


def test_where_nobody_may_log_in_that_is_told(ini: Path) -> None:
    file = write(ini, "unix_socket_dir =")
    with pytest.raises(ConsoleNotFoundError, match="nobody is in admin_users"):
        find_console(file, {})


def test_a_file_that_cannot_be_read_is_told(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["top", str(ini)]) == 1
    assert str(ini) in capsys.readouterr().err


URL = {"DATABASE_URL": "postgresql://ann:a%20b@db/app"}
DOOR = "host='127.0.0.1' port='6432'"


def test_without_a_file_the_url_s_user_comes_in_by_its_password() -> None:
    given = {**URL, "PGPOOL_ADMIN_USERS": "bob, ann"}
    assert find_console(None, given) == f"{DOOR} user='ann' password='a b'"
    looking = {**URL, "PGPOOL_STATS_USERS": "ann", "PGPOOL_LISTEN_ADDR": "*"}
    assert find_console(None, looking) == f"{DOOR} user='ann' password='a b'"


@pytest.mark.parametrize(
    "more", [{"PGUSER": "bob"}, {"PGPASSWORD": "x", "PGPOOL_ADMIN_USERS": "ann"}]
)
def test_what_libpq_is_told_stands_over_the_url(more: dict[str, str]) -> None:
    user = more.get("PGUSER", "ann")
    assert find_console(None, {**URL, **more}) == f"{DOOR} user='{user}'"


def test_a_hash_in_the_url_is_no_password_to_log_in_with() -> None:
    given = {
        "DATABASE_URL": f"postgresql://ann:md5{'a' * 32}@db/app",
        "PGPOOL_ADMIN_USERS": "ann",
    }
    assert find_console(None, given) == f"{DOOR} user='ann'"


def test_a_unix_socket_that_the_environment_names_is_taken_first() -> None:
    given = {**URL, "PGPOOL_UNIX_SOCKET_DIR": "/run", "PGPOOL_LISTEN_PORT": "7"}
    assert find_console(None, given) == "host='/run' port='7' user='pgbouncer'"


def test_where_the_environment_names_nobody_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PGUSER", raising=False)
    for name, value in URL.items():
        monkeypatch.setenv(name, value)
    assert main(["top"]) == 1
    said = capsys.readouterr().err
    assert "PGPOOL_ADMIN_USERS or PGPOOL_STATS_USERS" in said
    assert "postgresql://user@host:port/pgbouncer" in said
    assert "a b" not in said


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "pgpool_py.top.watching", raising=False)
    monkeypatch.setitem(sys.modules, "pgpool_py.top", None)
    assert main(["top", "postgresql://h/"]) == 1
    assert "pip install 'pgpool-py[top]'" in capsys.readouterr().err


@pytest.mark.parametrize("interval", ["0", "nan", "x", "1e9"])
def test_an_interval_is_a_time(interval: str) -> None:
    with pytest.raises(SystemExit):
        main(["top", "postgresql://h/", "--interval", interval])
