"""The door of a pooler: it listens, waits for its port, and leaves it."""

import logging
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from pgpool_py.insight.observer import Observer
from pgpool_py.net.listening import listen_tcp
from pgpool_py.settings import Endpoint
from pgpool_py.web import door as door_module
from pgpool_py.web.door import BACKLOG, PAUSE, SWITCH_INTERVAL, HttpDoor
from tests.fixtures.hand import Clock
from tests.fixtures.pooling import free_port
from tests.pooler.staging import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def port() -> int:
    return free_port()


def door(stage: Stage, port: int | None, *, shares: bool = False) -> HttpDoor:
    where = None if port is None else Endpoint("127.0.0.1", port)
    observer = Observer(stage.pooler)
    return HttpDoor(where, stage.loop, observer, token="", shares=shares)


def answers(port: int) -> bool:
    """Return whether somebody listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_it_listens_from_open_to_close(stage: Stage, port: int) -> None:
    opened = door(stage, port)
    opened.open()
    assert answers(port)
    opened.close()
    assert not answers(port)
    opened.close()


def test_a_burst_of_connections_finds_room(
    stage: Stage, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
        asked.append(backlog)
        return listen_tcp(host, port, backlog)

    monkeypatch.setattr(door_module, "listen_tcp", listen)
    opened = door(stage, port)
    opened.open()
    opened.close()
    assert asked == [BACKLOG] == [128]


def test_metrics_that_are_missing_are_told_at_the_start(
    stage: Stage,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(door_module, "find_exposition", lambda: None)
    opened = door(stage, port)
    opened.open()
    opened.close()
    [told] = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert told.startswith("http_listen: there are no metrics without")


def test_threads_make_way_for_the_loop_sooner_while_it_is_open(
    stage: Stage, port: int
) -> None:
    usual = sys.getswitchinterval()
    opened = door(stage, port)
    assert sys.getswitchinterval() == usual
    opened.open()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
    opened.close()
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_without_an_address_there_is_none(stage: Stage) -> None:
    none = door(stage, None)
    none.open()
    none.tick()
    none.close()


def test_a_port_in_use_is_an_error(stage: Stage, port: int) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(OSError, match="in use"),
    ):
        door(stage, port).open()


def test_a_port_that_another_process_is_to_leave_is_waited_for(
    stage: Stage,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    monkeypatch.setattr(door_module, "time", clock)
    waiting = door(stage, port, shares=True)
    with caplog.at_level(logging.INFO, "pgpool_py"):
        with socket.create_server(("127.0.0.1", port)):
            waiting.open()
            clock.advance(PAUSE)
            waiting.tick()
        waiting.tick()
        assert not answers(port)
        clock.advance(PAUSE)
        waiting.tick()
    assert answers(port)
    waiting.close()
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"http_listen: 127.0.0.1:{port} is in use, waiting for it",
        f"listening for HTTP on 127.0.0.1:{port}",
    ]


class NoThread(threading.Thread):
    """One that the system does not let start."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_a_door_that_cannot_open_leaves_all_as_it_was(
    stage: Stage, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = sys.getswitchinterval()
    opened = door(stage, port)
    with monkeypatch.context() as none:
        none.setattr(threading, "Thread", NoThread)
        with pytest.raises(OSError, match="can't start new thread"):
            opened.open()
    assert sys.getswitchinterval() == usual
    assert not answers(port)


def test_whatever_goes_wrong_while_it_waits_it_tries_again(
    stage: Stage,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    monkeypatch.setattr(door_module, "time", clock)
    waiting = door(stage, port, shares=True)
    with socket.create_server(("127.0.0.1", port)):
        waiting.open()
    with monkeypatch.context() as none:
        none.setattr(threading, "Thread", NoThread)
        for _ in range(3):
            clock.advance(PAUSE)
            waiting.tick()
    [told] = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert told.endswith("can't start new thread; trying again")
    clock.advance(PAUSE)
    waiting.tick()
    assert answers(port)
    waiting.close()


@pytest.mark.parametrize("shares", [True, False])
def test_it_leaves_its_port_only_where_another_may_follow(
    stage: Stage, port: int, shares: bool
) -> None:
    opened = door(stage, port, shares=shares)
    opened.open()
    opened.leave()
    assert answers(port) is not shares
    opened.close()
