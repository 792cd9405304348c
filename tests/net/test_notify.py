"""What the service manager is told, and that nobody ever waits for it."""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgpool_py.net.notify import ServiceManager

Keep = Callable[[socket.socket], socket.socket]


class Systemd:
    """The other end."""

    def __init__(self, keep: Keep, where: str) -> None:
        self._socket = keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self._socket.bind(where)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def systemd(keep: Keep, path: str) -> Systemd:
    return Systemd(keep, path)


@pytest.fixture
def manager(path: str) -> Iterator[ServiceManager]:
    manager = ServiceManager(path)
    yield manager
    manager.close()


def test_it_is_told_how_far_we_are(systemd: Systemd, manager: ServiceManager) -> None:
    manager.ready()
    manager.status("stats: none")
    manager.stopping()
    assert systemd.heard() == ["READY=1", "STATUS=stats: none", "STOPPING=1"]


def test_a_reload_carries_the_time_that_systemd_compares_with(
    systemd: Systemd, manager: ServiceManager
) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    (message,) = systemd.heard()
    found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", message)
    assert found is not None
    assert before <= int(found[1]) <= after


def test_its_name_is_taken_out_of_the_environment(systemd: Systemd, path: str) -> None:
    environment = {"NOTIFY_SOCKET": path, "HOME": "/"}
    manager = ServiceManager.of(environment)
    manager.ready()
    manager.close()
    assert environment == {"HOME": "/"}
    assert systemd.heard() == ["READY=1"]


@pytest.mark.parametrize("name", ["", "vsock:2:1234", "relative"])
def test_with_no_manager_that_can_be_reached_nothing_is_said(name: str) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": name})
    manager.ready()
    manager.flush()
    manager.close()


def test_a_manager_that_is_gone_is_no_matter(manager: ServiceManager) -> None:
    manager.ready()
    manager.stopping()


def test_what_is_not_taken_at_once_is_said_later_in_the_same_order(
    systemd: Systemd, manager: ServiceManager
) -> None:
    sent = 0
    # The kernel queues a few (net.unix.max_dgram_qlen), and we as many behind them.
    while not manager.unsent:
        manager.status(str(sent))
        sent += 1
    manager.ready()
    heard = systemd.heard()
    manager.flush()
    heard += systemd.heard()
    assert heard == [*(f"STATUS={number}" for number in range(sent)), "READY=1"]
    assert manager.unsent == 0


def test_a_manager_that_never_reads_costs_no_memory(
    systemd: Systemd, manager: ServiceManager
) -> None:
    for number in range(2000):
        manager.status(str(number))
    assert 0 < manager.unsent < 20
    while manager.unsent:
        last = systemd.heard()
        manager.flush()
    last += systemd.heard()
    assert last[-1] == "STATUS=1999"


if os.uname().sysname == "Linux":

    def test_an_abstract_name_is_understood(keep: Keep) -> None:
        name = f"pgpool-py-test-{os.getpid()}"
        systemd = Systemd(keep, f"\0{name}")
        manager = ServiceManager(f"@{name}")
        manager.ready()
        manager.close()
        assert systemd.heard() == ["READY=1"]
