"""``pgpool-py health``: by HTTP, or at the door of clients."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from pgpool_py.cli.main import main
from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.listening import listen_tcp
from pgpool_py.web.answer import Answer, text
from pgpool_py.web.server import Server

ANSWERS = {
    "/livez": text(HTTPStatus.OK, "alive"),
    "/readyz": text(HTTPStatus.SERVICE_UNAVAILABLE, "draining"),
}


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    return tmp_path / "pgbouncer.ini"


def write(ini: Path, *lines: str) -> str:
    common = (f"unix_socket_dir = {ini.parent}", "auth_type = any")
    ini.write_text("\n".join(("[databases]", "app =", "[pgbouncer]", *common, *lines)))
    return str(ini)


@pytest.fixture
def port() -> Iterator[int]:
    """Return where somebody answers by HTTP: who lives, and is not ready."""

    def respond(path: str, headers: Mapping[str, str]) -> Answer:
        del headers
        return ANSWERS[path]

    [listening] = listen_tcp("127.0.0.1", 0, 5)
    port = listening.getsockname()[1]
    server = Server([listening], respond)
    server.start()
    yield port
    server.stop()


@contextmanager
def door(directory: Path, said: bytes) -> Iterator[list[bytes]]:
    """Answer one client at the pooler's unix socket; give what it has asked."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(unix_socket_path(str(directory), 6432))
        listening.listen()

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                heard.append(client.recv(1000))
                client.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield heard
        thread.join()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], (1, "draining\n")), (["--live"], (0, "alive\n"))],
)
def test_probes_are_asked_by_http(
    ini: Path,
    port: int,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    expected: tuple[int, str],
) -> None:
    path = write(ini, f"http_listen = *:{port}")
    status = main(["health", path, *arguments])
    assert (status, capsys.readouterr().out) == expected


def test_where_nobody_answers_it_is_not_well(
    ini: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
    del port
    assert main(["health", write(ini, f"http_listen = {free}")]) == 1
    said = capsys.readouterr().out
    assert said.startswith(
        f"no answer from 127.0.0.1:{free} (http_listen): Connection refused. Does the "
        "pooler run, and by this configuration?"
    )


def test_a_unix_socket_that_is_not_there_is_named(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", write(ini)]) == 1
    path = unix_socket_path(str(ini.parent), 6432)
    said = capsys.readouterr().out
    assert said.startswith(f"no answer from unix:{path}: No such file or directory. ")


def test_without_http_whoever_answers_lives(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with door(ini.parent, b"N") as heard:
        assert main(["health", write(ini)]) == 0
    assert capsys.readouterr().out == "alive\n"
    # GSSENCRequest: length 8, code 80877104. No login, which would be logged.
    assert heard == [b"\0\0\0\x08\x04\xd2\x16\x30"]


def test_without_http_silence_is_not_well(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with door(ini.parent, b""):
        assert main(["health", write(ini)]) == 1
    assert "no answer from unix:" in capsys.readouterr().out


def test_an_address_of_the_environment_is_asked(
    ini: Path,
    port: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPOOL_HTTP_LISTEN", f"127.0.0.1:{port}")
    assert main(["health", write(ini), "--live"]) == 0
    assert capsys.readouterr().out == "alive\n"


@pytest.mark.parametrize(
    "line",
    [
        "pool_mode = none",
        "nonsense",
        "auth_file = /absent/userlist.txt",
        "http_token_file = /dev/null",
        "client_tls_sslmode = require",
    ],
)
def test_a_fault_elsewhere_does_not_make_who_serves_unwell(
    ini: Path, port: int, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    path = write(ini, line, f"http_listen = {port}")
    assert main(["health", path, "--live"]) == 0
    assert capsys.readouterr().out == "alive\n"


def test_a_file_that_is_gone_does_not_hide_what_the_environment_says(
    ini: Path,
    port: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPOOL_HTTP_LISTEN", f"127.0.0.1:{port}")
    assert main(["health", str(ini), "--live"]) == 0
    assert capsys.readouterr().out == "alive\n"


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        (["http_listen = nonsense"], {}),
        (["listen_port = none"], {}),
        ([], {"PGPOOL_HTTP_LISTEN": "nonsense"}),
    ],
)
def test_a_fault_in_where_to_ask_is_told(
    ini: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    variables: dict[str, str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    [setting] = [line.split()[0] for line in lines] or variables
    assert main(["health", write(ini, *lines)]) == 1
    assert setting in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", str(ini)]) == 1
    assert "cannot be read" in capsys.readouterr().out
