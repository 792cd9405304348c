"""``pgpool-py advise``: whom it asks, what it says of it, and how it ends."""

import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import pytest

from pgpool_py.cli.advice_asking import Http, NotAskedError, find
from pgpool_py.cli.main import main
from pgpool_py.insight.advice import Advice
from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.net.listening import listen_tcp
from pgpool_py.web.answer import Answer, text
from pgpool_py.web.plain_data import as_json
from pgpool_py.web.server import Server
from tests.metrics.snapshots import snapshot

TOKEN = "s3cret"
HELD = "each held for 80 ms"
LET_IN = "PostgreSQL lets 97 in (max_connections less what is reserved)"
WHY = "in its busiest minute 8.0 servers were held at a time"


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    return tmp_path / "pgbouncer.ini"


def write(ini: Path, *lines: str) -> str:
    common = ("unix_socket_dir =", "auth_type = any")
    ini.write_text("\n".join(("[databases]", "app =", "[pgbouncer]", *common, *lines)))
    return str(ini)


Serve = Callable[[Answer], int]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return what answers by HTTP to who has the token, and gives the port.

    The token is in the environment.
    """
    servers: list[Server] = []
    monkeypatch.setenv("PGPOOL_HTTP_TOKEN", TOKEN)

    def serve(answer: Answer) -> int:
        def respond(path: str, headers: Mapping[str, str]) -> Answer:
            if headers.get("authorization") != f"Bearer {TOKEN}":
                return text(HTTPStatus.UNAUTHORIZED, "no")
            assert path == "/api/snapshot"
            return answer

        [listening] = listen_tcp("127.0.0.1", 0, 5)
        servers.append(Server([listening], respond))
        servers[-1].start()
        port: int = listening.getsockname()[1]
        return port

    yield serve
    for server in servers:
        server.stop()


def answered(*sizes: tuple[str, int, int]) -> Answer:
    """Return a snapshot of pools: database, pool_size and what is recommended."""
    pools = [
        PoolSnapshot(
            name,
            "ann",
            advice=Advice(name, "ann", size, right, 100.0, 0.08, 0.002, 2.5, WHY),
        )
        for name, size, right in sizes
    ]
    gone = PoolSnapshot("gone", "ann")
    return Answer(HTTPStatus.OK, as_json(snapshot(*pools, gone)))


def test_it_says_of_each_pool_what_size_is_right_and_why(
    ini: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    port = serve(answered(("app", 20, 12), ("new", 0, 0)))
    file = write(ini, f"http_listen = {port}", f"http_token = {TOKEN}")
    assert main(["advise", file]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "app/ann: pool_size 20, recommended 12",
        f"  {WHY}",
        f"  100.0 links/s, {HELD}; clients waited 2 ms on average, p99 2.5 s",
        "new/ann: pool_size unlimited, recommended not known yet",
        f"  {WHY}",
    ]


def test_where_no_server_was_lent_no_time_is_said(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    held = Advice("app", "ann", 2, 4, 0.0, 0.0, 3.5, 10.0, WHY)
    taken = snapshot(PoolSnapshot("app", "ann", advice=held))
    url = f"http://127.0.0.1:{serve(Answer(HTTPStatus.OK, as_json(taken)))}"
    assert main(["advise", url]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "  no link; clients waited 3.5 s on average, p99 10 s"


def test_a_url_is_asked_with_the_token_of_the_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{serve(answered(('app', 20, 12), ('b', 9, 9)))}"
    assert main(["advise", url, "--database", "b"]) == 0
    assert "app" not in capsys.readouterr().out
    monkeypatch.delenv("PGPOOL_HTTP_TOKEN")
    assert main(["advise", url]) == 1
    assert "PGPOOL_HTTP_TOKEN" in capsys.readouterr().err


def test_without_a_file_the_environment_says_where(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:x@h/app")
    monkeypatch.setenv("PGPOOL_HTTP_LISTEN", str(serve(answered(("app", 2, 3)))))
    assert main(["advise"]) == 0
    assert "pool_size 2, recommended 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sizes", "status", "said"),
    [
        ((20, 30), 0, "that fits"),
        ((40, 10), 3, "as recommended it does; set pool_size to\n  app/ann: 10\n"),
        ((0, 10), 3, "3 poolers may open any number of servers"),
        ((20, 0), 0, "where no size is known yet the configured one counts"),
    ],
)
def test_replicas_have_to_fit_in_what_postgresql_lets_in(
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    sizes: tuple[int, int],
    status: int,
    said: str,
) -> None:
    url = f"http://127.0.0.1:{serve(answered(('app', *sizes)))}"
    given = ["--replicas", "3", "--max-connections", "100"]
    assert main(["advise", url, *given]) == status
    printed = capsys.readouterr().out
    assert said in printed
    assert "PostgreSQL lets 97 in" in printed
    assert "32 for each pooler" in printed


def test_what_does_not_fit_comes_with_all_ways_out(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{serve(answered(('app', 20, 30), ('b', 1, 10)))}"
    given = ["--replicas", "3", "--max-connections", "100"]
    assert main(["advise", url, *given]) == 3
    assert capsys.readouterr().out.partition("\n\n")[2].splitlines() == [
        "3 poolers with 21 servers each as configured: 63 in all",
        "3 poolers with 40 servers each as recommended: 120 in all",
        f"{LET_IN}: 32 for each pooler",
        "as recommended that does not fit: 120 servers, 97 are let in",
        "one of these is needed:",
        "  - raise max_connections by 23",
        "  - have 2 poolers instead of 3",
        "  - have clients wait longer, with pool_size at most",
        "      app/ann: 24",
        "      b/ann: 8",
    ]


def test_a_way_out_that_is_none_is_not_offered(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{serve(answered(('app', 20, 30), ('b', 1, 10)))}"
    given = ["--replicas", "3", "--max-connections", "8"]
    assert main(["advise", url, *given]) == 3
    # There is one server for each pooler, and none has a single pool.
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "one of these is needed:",
        "  - raise max_connections by 115",
    ]


def test_a_database_that_there_is_not_is_an_error(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{serve(answered(('app', 20, 12), ('b', 9, 9)))}"
    assert main(["advise", url, "--database", "b", "--database", "nope"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "there is no database nope; there are: app, b\n"


def test_a_database_that_nobody_has_come_for_is_none(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    unused = snapshot(PoolSnapshot("gone", "ann"))
    url = f"http://127.0.0.1:{serve(Answer(HTTPStatus.OK, as_json(unused)))}"
    assert main(["advise", url, "--database", "app"]) == 0
    assert "there is no pool yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "given", [["--replicas", "3"], ["--replicas", "0"], ["--max-connections", "x"]]
)
def test_bad_use_is_told(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["advise", "http://127.0.0.1:1", *given])
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text(HTTPStatus.SERVICE_UNAVAILABLE, "too late"), "503: too late"),
        (text(HTTPStatus.OK, "hello"), "no snapshot of ours"),
        (text(HTTPStatus.OK, '{"pools": [{"advice": {}}]}'), "no snapshot of ours"),
        (text(HTTPStatus.OK, '{"pools": []}'), "no snapshot of ours"),
    ],
)
def test_an_answer_that_is_none_is_told(
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    answer: Answer,
    said: str,
) -> None:
    assert main(["advise", f"http://127.0.0.1:{serve(answer)}"]) == 1
    assert said in capsys.readouterr().err


def test_where_nobody_answers_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", "http://127.0.0.1:1"]) == 1
    assert "no answer" in capsys.readouterr().err


def test_without_http_it_is_the_console_that_is_asked(ini: Path) -> None:
    file = write(ini, "listen_addr = 127.0.0.1", "admin_users = ann")
    assert find(file, {}) == "host='127.0.0.1' port='6432' user='ann'"
    assert find("postgresql://h/", {}) == "postgresql://h/"


def test_without_a_file_it_is_the_console_or_what_to_set_for_either_is_told() -> None:
    url = {"DATABASE_URL": "postgresql://ann:x@h/app"}
    where = find(None, {**url, "PGPOOL_ADMIN_USERS": "ann"})
    assert where == "host='127.0.0.1' port='6432' user='ann' password='x'"
    with pytest.raises(NotAskedError, match=r"PGPOOL_ADMIN_USERS.*PGPOOL_HTTP_LISTEN"):
        find(None, url)


def test_on_all_addresses_it_is_asked_at_loopback(ini: Path) -> None:
    file = write(ini, "http_listen = *:9127", "http_token = x")
    assert find(file, {}) == Http("127.0.0.1", 9127, "x")
    assert "x" not in repr(find(file, {})).partition("9127")[2]


@pytest.mark.parametrize(
    "lines", [(), ("http_listen = 1", "http_token_file = /absent")]
)
def test_a_file_that_does_not_say_where_is_told(
    ini: Path, lines: tuple[str, ...]
) -> None:
    file = write(ini, *lines)
    with pytest.raises(NotAskedError):
        find(file, {})


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "pgpool_py.top.asking", raising=False)
    monkeypatch.setitem(sys.modules, "pgpool_py.top", None)
    assert main(["advise", "postgresql://h/"]) == 1
    assert "pip install 'pgpool-py[top]'" in capsys.readouterr().err
