"""Tests of ``pgpool_py/config/load.py`` and ``sections.py``: files to settings."""

from pathlib import Path

import pytest

from pgpool_py.auth.secrets import Secret
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.settings import (
    AuthType,
    DatabaseSettings,
    LoadBalanceHosts,
    PeerSettings,
    PoolMode,
    Settings,
    UserSettings,
)


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str) -> Loaded:
    Path("pgbouncer.ini").write_text(text)
    return load("pgbouncer.ini")


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def test_an_empty_section_gives_the_defaults() -> None:
    assert read("[pgbouncer]").settings == Settings(
        conffile=str(Path("pgbouncer.ini").absolute())
    )


def test_settings_have_the_values_of_the_file() -> None:
    settings = read(
        "[pgbouncer]\n"
        "listen_addr = 127.0.0.1, ::1\n"
        "listen_port = 0x1920\n"
        "unix_socket_mode = 0700\n"
        "pool_mode = Transaction\n"
        "query_wait_timeout = 0.5\n"
        "log_connections = 0\n"
        "user =\n"
        "conffile = other.ini\n"
        "max_wait_queue = 7\n"
    ).settings
    assert settings == Settings(
        listen_addr=("127.0.0.1", "::1"),
        listen_port=6432,
        unix_socket_mode=0o700,
        pool_mode=PoolMode.TRANSACTION,
        query_wait_timeout=0.5,
        log_connections=False,
        user=None,
        conffile="other.ini",
        max_wait_queue=7,
    )


def test_units_and_words_are_taken_in_every_section() -> None:
    settings = read(
        "[pgbouncer]\n"
        "server_lifetime = 2h\n"
        "client_buffer_limit = 64kB\n"
        "tcp_user_timeout = 3s\n"
        "log_stats = off\n"
        "[databases]\n"
        "a = query_wait_timeout=500ms server_lifetime='1 d'\n"
        "[users]\n"
        "u = client_idle_timeout=5min\n"
    ).settings
    assert settings.server_lifetime == 7200.0
    assert settings.client_buffer_limit == 65536
    assert settings.tcp_user_timeout == 3000
    assert settings.log_stats is False
    assert settings.databases["a"] == DatabaseSettings(
        query_wait_timeout=0.5, server_lifetime=86400.0
    )
    assert settings.users["u"] == UserSettings(client_idle_timeout=300.0)


def test_of_a_setting_given_twice_the_last_one_wins() -> None:
    assert read("[pgbouncer]\nverbose = 1\nverbose = 2").settings.verbose == 2


def test_a_section_opened_again_puts_its_settings_back_and_warns() -> None:
    loaded = read("[pgbouncer]\nverbose = 1\n[users]\n[pgbouncer]\nlisten_port = 1")
    assert loaded.settings.verbose == 0
    assert loaded.settings.listen_port == 1
    assert (
        "pgbouncer.ini:4: [pgbouncer] is opened again, which puts every setting in "
        "front of it back to its default"
    ) in loaded.warnings


def test_databases_survive_when_their_section_is_opened_again() -> None:
    found = read("[databases]\na = port=1\n[pgbouncer]\n[databases]\nb = port=2")
    assert list(found.settings.databases) == ["a", "b"]


def test_a_database_has_the_options_of_its_line() -> None:
    settings = read(
        "[pgbouncer]\n[databases]\n"
        "app = host=db1,db2 port=5433 dbname=prod user=u password='p w' "
        "client_encoding=UTF8 datestyle=ISO timezone=UTC application_name=pool "
        "pool_size=5 min_pool_size=1 reserve_pool=2 query_wait_timeout=1.5 "
        "max_db_connections=9 max_db_client_connections=8 server_lifetime=60 "
        "load_balance_hosts=disable pool_mode=statement connect_query='select ''x'''\n"
        "* =\n"
    ).settings
    assert dict(settings.databases) == {
        "app": DatabaseSettings(
            host=("db1", "db2"),
            port=5433,
            dbname="prod",
            user="u",
            password="p w",
            client_encoding="UTF8",
            datestyle="ISO",
            timezone="UTC",
            application_name="pool",
            pool_size=5,
            min_pool_size=1,
            reserve_pool_size=2,
            query_wait_timeout=1.5,
            max_db_connections=9,
            max_db_client_connections=8,
            server_lifetime=60.0,
            load_balance_hosts=LoadBalanceHosts.DISABLE,
            pool_mode=PoolMode.STATEMENT,
            connect_query="select 'x'",
        ),
        "*": DatabaseSettings(),
    }


def test_users_and_peers_are_read() -> None:
    settings = read(
        "[pgbouncer]\n"
        "[users]\n"
        "alice = pool_mode=session max_user_connections=3 query_timeout=1\n"
        "[peers]\n"
        "2 = host=/tmp/two\n"
        "3 = host=h port=1 pool_size=4\n"
    ).settings
    assert dict(settings.users) == {
        "alice": UserSettings(
            pool_mode=PoolMode.SESSION, max_user_connections=3, query_timeout=1.0
        )
    }
    assert dict(settings.peers) == {
        2: PeerSettings(host="/tmp/two"),
        3: PeerSettings(host="h", port=1, pool_size=4),
    }


def test_the_secrets_of_auth_file_come_along() -> None:
    Path("users.txt").write_text('"alice" "hush"\n')
    loaded = read("[pgbouncer]\nauth_file = users.txt\nauth_type = plain")
    assert loaded.settings.auth_type is AuthType.PLAIN
    assert dict(loaded.secrets) == {"alice": Secret.from_text("hush")}
    assert "hush" not in repr(loaded)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("default_pool_size = abc", 'default_pool_size: "abc" is not a whole number'),
        ("pool_mode = x", 'pool_mode: "x" is not one of session, transaction, '),
        ("log_stats = x", 'log_stats: "x" is not 0, 1, on, off'),
        ("query_timeout = 5x", 'query_timeout: "5x" is not a number of seconds'),
        ("listen_prt = 1", 'unknown setting "listen_prt" (did you mean "listen_port"?'),
        ("Listen_Port = 1", 'unknown setting "Listen_Port" (did you mean "listen_por'),
        ("zzz = 1", 'unknown setting "zzz"'),
        ("peer_id = 16384", 'peer_id: "16384" is not between 0 and 16383'),
        ("nonsense", "syntax error: expected [section], key = value or a comment line"),
        ("[userz]", 'unknown section "userz" (did you mean "users"?)'),
        ("unix_socket_dir =", "nowhere to listen on: unix_socket_dir is empty and"),
        ("auth_file = no.txt", "auth_file: no.txt cannot be read: No such file or dir"),
    ],
)
def test_a_fault_names_file_line_value_and_what_was_expected(
    line: str, wrong: str
) -> None:
    (fault,) = faults(f"[pgbouncer]\n\n{line}\n")
    assert fault.startswith(f"pgbouncer.ini:3: {wrong}")


@pytest.mark.parametrize(
    ("section", "line", "wrong"),
    [
        ("databases", "a = pool_size=abc", 'a: pool_size: "abc" is not a whole number'),
        ("databases", "a = port=0", 'a: port: "0" is not between 1 and 65535'),
        ("databases", "a = pol_size=1", 'a: unknown option "pol_size" (did you mean'),
        ("databases", "a = host", "a: syntax error in connection string at its start"),
        ("databases", "pgbouncer = host=h", 'database name "pgbouncer" is reserved'),
        ("databases", f"{'a' * 64} = port=1", f'"{"a" * 60}…" is longer than 63 bytes'),
        ("users", "u = min_pool_size=1", 'u: unknown option "min_pool_size"'),
        ("users", f"{'u' * 128} =", f'"{"u" * 60}…" is longer than 127 bytes'),
        ("peers", "0 = host=h", '"0" is not between 1 and 65535'),
        ("peers", "x = host=h", '"x" is not between 1 and 65535'),
        ("peers", "70000 = host=h", '"70000" is not between 1 and 65535'),
        ("peers", "1 = port=1", "1: host is missing"),
    ],
)
def test_a_fault_in_another_section_names_the_section(
    section: str, line: str, wrong: str
) -> None:
    (fault,) = faults(f"[pgbouncer]\n[{section}]\n{line}\n")
    assert fault.startswith(f"pgbouncer.ini:3: [{section}] {wrong}")


def test_the_longest_names_pass() -> None:
    settings = read(
        f"[pgbouncer]\n[databases]\n{'a' * 63} =\n[users]\n{'u' * 127} ="
    ).settings
    assert list(settings.databases) == ["a" * 63]
    assert list(settings.users) == ["u" * 127]


def test_a_missing_section_is_a_fault_of_the_file() -> None:
    assert faults("[databases]\n") == ["pgbouncer.ini: section [pgbouncer] is missing"]


def test_a_file_that_cannot_be_read_is_the_only_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        load("no.ini")
    assert str(caught.value) == "no.ini: cannot be read: No such file or directory"


def test_all_faults_of_all_files_come_at_once() -> None:
    Path("more.ini").write_text("[users]\nu = pool_mode=x\n")
    Path("users.txt").write_text('"u" "p"\nhush\n')
    found = faults(
        "[databases]\n"
        "a = pool_size=x port=y\n"
        "[pgbouncer]\n"
        "verbose = x\n"
        "auth_type = hba\n"
        "auth_file = users.txt\n"
        "nonsense\n"
        "%include more.ini\n"
    )
    assert [text.split(": ")[0] for text in sorted(found)] == [
        "more.ini:2",
        "pgbouncer.ini:2",
        "pgbouncer.ini:2",
        "pgbouncer.ini:4",
        "pgbouncer.ini:5",
        "pgbouncer.ini:7",
        "users.txt:2",
    ]


@pytest.mark.parametrize(
    "line",
    [
        '"a b" = password=hush',
        "a = password=hush pool_size=x",
        "a = password='hush",
        "a = password=my hush",
        "a = password=my hush=hush",
        "a = password=my hush =hush port=x",
        "a = pasword=hush",
        "a = host=h password='x'hush",
    ],
)
def test_no_password_shows_in_a_fault(line: str) -> None:
    found = faults(f"[pgbouncer]\n[databases]\n{line}\n")
    assert found
    assert "hush" not in "".join(found)


def test_it_is_a_warning_if_nobody_can_log_in() -> None:
    text = "auth_type is md5 and auth_file names no user: nobody can log in"
    assert text in read("[pgbouncer]").warnings
    assert text not in read("[pgbouncer]\nauth_type = any").warnings


def test_it_is_a_warning_if_there_is_no_database() -> None:
    text = "[databases] is empty: there is nothing to connect to"
    assert text in read("[pgbouncer]").warnings
    assert text not in read("[pgbouncer]\n[databases]\n* =").warnings
