"""Listening sockets are opened, and Unix sockets neither stolen nor left behind."""

import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.net import listening as module
from pgpool_py.net.listening import ListeningSocket, listen_tcp, listen_unix
from pgpool_py.net.reactor import Reactor
from tests.net.doors import Door

Keep = Callable[[socket.socket], socket.socket]


# TCP


def test_a_star_means_every_address_of_both_families(keep: Keep) -> None:
    listening = [keep(sock) for sock in listen_tcp("*", 0, 16)]
    found = {sock.family: sock for sock in listening}
    assert socket.AF_INET in found
    assert len(found) == len(listening)
    for family, sock in found.items():
        assert not sock.getblocking()
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        if family == socket.AF_INET6:
            assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def test_a_name_is_looked_up(keep: Keep) -> None:
    listening = [keep(sock) for sock in listen_tcp("localhost", 0, 16)]
    hosts = {sock.getsockname()[0] for sock in listening}
    assert "127.0.0.1" in hosts
    assert hosts <= {"127.0.0.1", "::1"}


def test_a_star_is_content_with_one_family(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_ipv6(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
        return ListeningSocket(family, kind)

    monkeypatch.setattr(module, "ListeningSocket", without_ipv6)
    listening = listen_tcp("*", 0, 16)
    assert [keep(sock).family for sock in listening] == [socket.AF_INET]


def test_a_star_with_no_family_at_all_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_any(family: int, kind: int) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "no IP here")

    monkeypatch.setattr(module, "ListeningSocket", without_any)
    with pytest.raises(OSError, match="no IP here"):
        listen_tcp("*", 0, 16)


def test_an_address_in_use_is_named_and_nothing_stays_open(keep: Keep) -> None:
    [first] = listen_tcp("127.0.0.1", 0, 16)
    keep(first)
    port = first.getsockname()[1]
    with pytest.raises(OSError, match=f"127.0.0.1:{port}") as caught:
        listen_tcp("127.0.0.1", port, 16)
    assert caught.value.errno == errno.EADDRINUSE


def test_an_address_that_fails_closes_those_that_did_not(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    [taken] = listen_tcp("127.0.0.1", 0, 16)
    [free] = listen_tcp("127.0.0.1", 0, 16)
    # A name that stands for a free address and one that is taken, in this order.
    where = [free.getsockname(), keep(taken).getsockname()]
    free.close()
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", name) for name in where]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(OSError, match=f":{where[1][1]}"):
        listen_tcp("name", 0, 16)
    monkeypatch.undo()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where[0])


def test_what_is_accepted_is_a_socket_like_any_other(keep: Keep) -> None:
    [listening] = listen_tcp("127.0.0.1", 0, 16)
    keep(listening).setblocking(True)
    client = keep(socket.create_connection(listening.getsockname()))
    accepted, other_side = listening.accept()
    assert other_side == client.getsockname()
    assert type(keep(accepted)) is socket.socket
    kind = (accepted.family, accepted.type, accepted.proto)
    assert kind == (listening.family, listening.type, listening.proto)
    assert accepted.getblocking()
    assert not accepted.get_inheritable()


def test_several_processes_may_share_a_port(keep: Keep) -> None:
    [first] = listen_tcp("127.0.0.1", 0, 16, reuse_port=True)
    port = keep(first).getsockname()[1]
    [second] = listen_tcp("127.0.0.1", port, 16, reuse_port=True)
    assert keep(second).getsockname() == first.getsockname()


def test_a_name_is_content_with_the_addresses_that_are_there(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    # TEST-NET-1, RFC 5737: nobody has the first.
    where = [("192.0.2.1", 0), ("127.0.0.1", 0)]
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", name) for name in where]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    (sock,) = listen_tcp("name", 0, 16)
    assert keep(sock).getsockname()[0] == "127.0.0.1"
    del rows[1]
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        listen_tcp("name", 0, 16)


def test_what_is_listened_on_already_is_left_out() -> None:
    assert listen_tcp("127.0.0.1", 6432, 16, own=[("127.0.0.1", 6432)]) == []
    assert listen_tcp("127.0.0.1", 6432, 16, own=[("0.0.0.0", 6432)]) == []


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(OSError, match=r"no-such-host\.invalid"):
        listen_tcp("no-such-host.invalid", 0, 16)


# Unix sockets


def test_a_unix_socket_has_its_name_and_mode_and_answers(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    door = Door(reactor, keep, listen_unix(str(tmp_path), 6432, 0o750, 16))
    path = tmp_path / ".s.PGSQL.6432"
    assert door.listener.address == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    client = keep(socket.socket(socket.AF_UNIX))
    client.connect(str(path))
    reactor.select(0)
    assert len(door.accepted) == 1
    door.listener.close()
    assert not path.exists()


def test_a_unix_socket_may_belong_to_a_group(keep: Keep, tmp_path: Path) -> None:
    keep(listen_unix(str(tmp_path), 6432, 0o770, 16, group=str(os.getgid())))
    assert (tmp_path / ".s.PGSQL.6432").stat().st_gid == os.getgid()


def test_an_unknown_group_leaves_no_file_behind(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no-such-group"):
        listen_unix(str(tmp_path), 6432, 0o770, 16, group="no-such-group")
    assert list(tmp_path.iterdir()) == []


def test_a_dead_processs_socket_is_replaced(keep: Keep, tmp_path: Path) -> None:
    listen_unix(str(tmp_path), 6432, 0o777, 16).close()
    path = tmp_path / ".s.PGSQL.6432"
    before = path.stat().st_ino
    keep(listen_unix(str(tmp_path), 6432, 0o777, 16))
    assert path.is_socket()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    assert before


@pytest.mark.parametrize("waiting", [0, 3])
def test_a_live_processs_socket_is_left_alone(
    keep: Keep, tmp_path: Path, waiting: int
) -> None:
    keep(listen_unix(str(tmp_path), 6432, 0o777, backlog=1))
    path = str(tmp_path / ".s.PGSQL.6432")
    for _ in range(waiting):
        client = keep(socket.socket(socket.AF_UNIX))
        client.setblocking(False)
        client.connect_ex(path)
    with pytest.raises(OSError, match="unix socket is in use, cannot continue") as got:
        listen_unix(str(tmp_path), 6432, 0o777, 16)
    assert got.value.errno == errno.EADDRINUSE
    assert got.value.filename == path
    assert Path(path).is_socket()


def test_a_port_that_postgresql_has_locked_is_left_alone(tmp_path: Path) -> None:
    lock = tmp_path / ".s.PGSQL.6432.lock"
    lock.touch()
    with pytest.raises(OSError, match="unix port 6432 is in use") as got:
        listen_unix(str(tmp_path), 6432, 0o777, 16)
    assert (got.value.errno, got.value.filename) == (errno.EADDRINUSE, str(lock))
    assert list(tmp_path.iterdir()) == [lock]


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".s.PGSQL.6432"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="no socket"):
        listen_unix(str(tmp_path), 6432, 0o777, 16)
    assert path.read_text() == "precious"


def test_the_socket_of_a_successor_is_left_alone(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    first = Door(reactor, keep, listen_unix(str(tmp_path), 6432, 0o777, 16))
    path = tmp_path / ".s.PGSQL.6432"
    path.rename(tmp_path / "moved")
    second = Door(reactor, keep, listen_unix(str(tmp_path), 6432, 0o777, 16))
    first.listener.close()
    assert path.is_socket()
    second.listener.close()
    assert not path.exists()


def test_a_socket_file_removed_by_hand_is_no_matter_when_closing(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    door = Door(reactor, keep, listen_unix(str(tmp_path), 6432, 0o777, 16))
    (tmp_path / ".s.PGSQL.6432").unlink()
    door.listener.close()
    assert not door.listener.accepting


def test_a_directory_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        listen_unix(str(tmp_path / "absent"), 6432, 0o777, 16)
    with pytest.raises(OSError, match=r"too long.*xxx/\.s\.PGSQL"):
        listen_unix(str(tmp_path / ("x" * 120)), 6432, 0o777, 16)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"file/\.s\.PGSQL"):
        listen_unix(str(tmp_path / "file"), 6432, 0o777, 16)


if os.uname().sysname == "Linux":

    def test_an_abstract_socket_leaves_no_file(reactor: Reactor, keep: Keep) -> None:
        directory = f"@pgpool-py-test-{os.getpid()}"
        door = Door(reactor, keep, listen_unix(directory, 6432, 0o777, 16))
        assert door.listener.address == f"unix:{directory}/.s.PGSQL.6432"
        client = keep(socket.socket(socket.AF_UNIX))
        client.connect(f"\0{directory[1:]}/.s.PGSQL.6432")
        reactor.select(0)
        assert len(door.accepted) == 1
        with pytest.raises(OSError, match="in use"):
            listen_unix(directory, 6432, 0o777, 16)
        door.listener.close()
        assert not Path(directory).exists()
