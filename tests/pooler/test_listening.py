"""Listening: what becomes of it when descriptors run out, and when they are back."""

import logging
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.pooler.listening import EXHAUSTION_QUIET, Listening
from pgpool_py.settings import Settings
from tests.fixtures.hand import Clock, turn
from tests.pooler.house import no_descriptors_left


@dataclass(eq=False)
class Ears:
    """What listens on one socket, who was accepted there, and who knocks."""

    reactor: Reactor
    listening: Listening
    accepted: list[socket.socket]
    knock: Callable[[], None]

    def exhaust(self) -> None:
        """Let somebody come while there is no descriptor for them."""
        self.knock()
        with no_descriptors_left():
            turn(self.reactor)

    def resume(self) -> None:
        """Do what is done from time to time."""
        self.listening.resume()
        turn(self.reactor)


@pytest.fixture(params=["unix", "tcp"])
def ears(
    request: pytest.FixtureRequest, reactor: Reactor, tmp_path: Path
) -> Iterator[Ears]:
    unix = request.param == "unix"
    with ExitStack() as stack:
        accepted: list[socket.socket] = []
        listening = Listening(reactor, lambda sock, *_: accepted.append(sock))
        listening.open(
            Settings(
                listen_addr=() if unix else ("127.0.0.1",),
                # Port 0: the kernel finds one that is free.
                listen_port=6432 if unix else 0,
                unix_socket_dir=str(tmp_path) if unix else "",
                # Who knocks here says nothing.
                tcp_defer_accept=0,
            )
        )
        (address,) = listening.addresses

        def knock() -> None:
            family = socket.AF_UNIX if unix else socket.AF_INET
            client = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if unix:
                client.connect(unix_socket_path(str(tmp_path), 6432))
            else:
                client.connect(("127.0.0.1", int(address.rpartition(":")[2])))

        yield Ears(reactor, listening, accepted, knock)
        listening.close()
        for sock in accepted:
            sock.close()


def test_who_is_accepted_on_tcp_has_what_the_settings_say_at_that_time(
    reactor: Reactor, ears: Ears
) -> None:
    for keepalive in (True, False):
        ears.listening.tune(Settings(tcp_keepalive=keepalive, tcp_defer_accept=0))
        ears.knock()
        turn(reactor)
        accepted = ears.accepted[-1]
        if accepted.family != socket.AF_UNIX:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            kept = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert bool(kept) is keepalive


def test_who_came_while_descriptors_were_out_is_accepted_later(ears: Ears) -> None:
    ears.exhaust()
    assert ears.accepted == []
    ears.resume()
    assert len(ears.accepted) == 1


def test_an_exhaustion_is_reported_once_while_it_lasts_and_again_when_it_is_back(
    ears: Ears, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    ears.knock()
    with no_descriptors_left():
        turn(ears.reactor)
        for _ in range(3):
            ears.resume()
    assert len(caplog.messages) == 1
    assert "cannot accept more clients" in caplog.text
    # All goes well, as seen by two rounds.
    ears.resume()
    ears.resume()
    assert len(ears.accepted) == 1
    # So soon it is no news.
    ears.exhaust()
    assert len(caplog.messages) == 1
    ears.resume()
    ears.resume()
    clock.advance(EXHAUSTION_QUIET)
    ears.exhaust()
    assert len(caplog.messages) == 2


class Opened:
    """Listening that was opened with some settings, and what it accepted."""

    def __init__(self, reactor: Reactor) -> None:
        self.accepted: list[socket.socket] = []
        self.listening = Listening(reactor, lambda sock, *_: self.accepted.append(sock))

    def open(self, *inherited: socket.socket, **given: Any) -> list[str]:
        settings = Settings(**{"unix_socket_dir": "", "listen_port": 0, **given})
        self.listening.open(settings, inherited)
        return self.listening.addresses

    def close(self) -> None:
        self.listening.close()
        for sock in self.accepted:
            sock.close()


def new_server() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    return server


@pytest.fixture
def opened(reactor: Reactor) -> Iterator[Opened]:
    opened = Opened(reactor)
    yield opened
    opened.close()


def test_all_addresses_and_the_unix_socket_are_listened_on(
    opened: Opened,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    groups: list[str] = []
    monkeypatch.setattr(shutil, "chown", lambda _, group: groups.append(group))
    addresses = opened.open(
        listen_addr=("127.0.0.1", "127.0.0.2"),
        unix_socket_dir=str(tmp_path),
        unix_socket_group="staff",
        unix_socket_mode=0o710,
    )
    first, second, unix = addresses
    assert first.startswith("127.0.0.1:")
    assert second.startswith("127.0.0.2:")
    file = Path(unix.removeprefix("unix:")).stat()
    assert stat.S_IMODE(file.st_mode) == 0o710
    assert groups == ["staff"]
    assert caplog.messages == [f"listening on {address}" for address in addresses]


def test_an_unknown_group_is_an_error_and_closes_all(
    opened: Opened, tmp_path: Path
) -> None:
    with pytest.raises(LookupError, match="no-such-group"):
        opened.open(
            listen_addr=("127.0.0.1",),
            unix_socket_dir=str(tmp_path),
            unix_socket_group="no-such-group",
        )
    assert opened.listening.addresses == []


def test_of_several_addresses_one_that_is_absent_is_only_warned_of(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    # TEST-NET-1, RFC 5737: nobody has it.
    (address,) = opened.open(listen_addr=("192.0.2.1", "127.0.0.1"))
    assert address.startswith("127.0.0.1:")
    assert "cannot listen on 192.0.2.1:0: Cannot assign" in caplog.text


def test_that_none_of_the_addresses_is_there_is_an_error(
    opened: Opened, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        opened.open(listen_addr=("192.0.2.1",), unix_socket_dir=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_named_twice_is_listened_on_once(opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    names = ("127.0.0.1", "localhost", "127.0.0.1")
    addresses = opened.open(listen_addr=names, listen_port=port)
    assert addresses.count(f"127.0.0.1:{port}") == 1
    assert len(set(addresses)) == len(addresses)


def test_a_star_covers_every_address(opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    addresses = opened.open(listen_addr=("*", "127.0.0.1"), listen_port=port)
    assert f"0.0.0.0:{port}" in addresses
    assert f"127.0.0.1:{port}" not in addresses


def test_sockets_of_the_service_manager_take_the_place_of_the_settings(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".s.PGSQL.6432"
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        unix.listen()
        tcp = new_server()
        addresses = opened.open(
            tcp,
            unix.dup(),
            listen_addr=("127.0.0.2",),
            unix_socket_dir=str(tmp_path / "elsewhere"),
        )
        assert addresses == [
            f"127.0.0.1:{tcp.getsockname()[1]}",
            f"unix:{path}",
        ]
        for name in ("listen_addr", "unix_socket_dir"):
            line = f"sockets passed from service manager, {name} ignored"
            assert line in caplog.messages
        opened.close()
        # It is the service manager's, which listens on.
        assert path.is_socket()


def test_whoever_has_connected_is_accepted_before_a_port_is_closed(
    opened: Opened,
) -> None:
    (address,) = opened.open(listen_addr=("127.0.0.1",), tcp_defer_accept=0)
    port = int(address.rpartition(":")[2])
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(70)]
    opened.listening.close_tcp()
    assert len(opened.accepted) == len(clients)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    for client in clients:
        client.close()


def test_who_has_connected_to_a_passed_socket_is_left_to_the_next_process(
    opened: Opened,
) -> None:
    server = new_server()
    opened.open(server.dup(), tcp_defer_accept=0)
    with server, socket.create_connection(server.getsockname()) as client:
        opened.listening.close_tcp()
        assert opened.accepted == []
        accepted, where = server.accept()
        accepted.close()
        assert where == client.getsockname()


if hasattr(socket, "TCP_DEFER_ACCEPT"):

    @pytest.mark.parametrize("inherited", [False, True])
    def test_clients_that_say_nothing_are_not_accepted_unless_it_is_switched_off(
        reactor: Reactor, opened: Opened, inherited: bool
    ) -> None:
        if inherited:
            (address,) = opened.open(new_server())
        else:
            (address,) = opened.open(listen_addr=("127.0.0.1",))
        where = ("127.0.0.1", int(address.rpartition(":")[2]))
        with (
            socket.create_connection(where),
            socket.create_connection(where) as talks,
        ):
            talks.send(b"x")
            turn(reactor)
            (accepted,) = opened.accepted
            assert accepted.getpeername() == talks.getsockname()
            opened.listening.tune(Settings(tcp_defer_accept=0))
            with socket.create_connection(where):
                turn(reactor)
                assert len(opened.accepted) == 2
