"""Tests of ``benchmarks/watching.py``."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from threading import Event

import pytest

from benchmarks import watching
from benchmarks.endpoint import Endpoint
from benchmarks.errors import TargetError
from benchmarks.targets import Target
from benchmarks.watching import PATHS, looked_at
from pgpool_py.net.listening import listen_tcp
from pgpool_py.web.answer import Answer, text
from pgpool_py.web.server import Server

Serve = Callable[[HTTPStatus], Target]


class Asked:
    """What was asked for, and whether all was."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.all = Event()

    def answer(self, path: str, status: HTTPStatus) -> Answer:
        self.paths.append(path)
        if set(PATHS) <= set(self.paths) or status is not HTTPStatus.OK:
            self.all.set()
        return text(status, "")


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def serve(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return what answers everything with this status."""
    monkeypatch.setattr(watching, "INTERVAL", 0.001)
    servers: list[Server] = []

    def serve(status: HTTPStatus) -> Target:
        def respond(path: str, headers: Mapping[str, str]) -> Answer:
            del headers
            return asked.answer(path, status)

        [listening] = listen_tcp("127.0.0.1", 0, 5)
        servers.append(Server([listening], respond))
        servers[-1].start()
        return target(listening.getsockname()[1])

    yield serve
    for server in servers:
        server.stop()


def target(http: int | None) -> Target:
    endpoint = Endpoint("127.0.0.1", 1, "bench", "bench", "")
    return Target("watched", endpoint, None, http)


def test_a_scrape_and_a_page_ask_again_and_again(serve: Serve, asked: Asked) -> None:
    with looked_at(serve(HTTPStatus.OK)):
        assert asked.all.wait(10)
    assert asked.paths[:2] == list(PATHS)


def test_what_is_not_answered_is_a_failure(serve: Serve, asked: Asked) -> None:
    with (
        pytest.raises(TargetError, match="/metrics is answered with 501"),
        looked_at(serve(HTTPStatus.NOT_IMPLEMENTED)),
    ):
        assert asked.all.wait(10)


def test_a_run_in_which_nobody_looked_does_not_count(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "INTERVAL", 60.0)
    with (
        pytest.raises(TargetError, match="too short"),
        looked_at(serve(HTTPStatus.OK)),
    ):
        pass


def test_who_has_no_http_is_left_alone() -> None:
    with looked_at(target(None)):
        pass
