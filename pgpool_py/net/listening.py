"""Sockets that listen: on TCP addresses, and under a name in the file system."""

import errno
import os
import shutil
import socket
import stat
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .address import (
    Address,
    address_text,
    ip_address,
    kernel_path,
    unix_socket_path,
)

#: This machine does not have the address, or not the family: perhaps no IPv6.
ABSENT: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})

_EVERYWHERE: Final = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


class ListeningSocket(socket.socket):
    """One whose family and type, which accept asks for, are looked up once."""

    @cached_property
    def family(self) -> socket.AddressFamily:
        """See ``socket.family``."""
        return super().family

    @cached_property
    def type(self) -> socket.SocketKind:
        """See ``socket.type``."""
        return super().type


def listen_tcp(
    address: str,
    port: int,
    backlog: int,
    reuse_port: bool = False,
    own: Collection[Address] = (),
) -> list[socket.socket]:
    """Listen on every address that ``address`` stands for.

    That is an IP address, a name, or ``*`` for all IPv4 and IPv6 addresses. Looks the
    name up, so it may block. With port 0 the kernel gives each socket its own. What
    ``own`` has already, this process listens on: it is left out.

    Raises:
        OSError: nothing has that name, or one of the addresses cannot be had; then
            none is listened on. Where there are several, those that this machine lacks
            are left out, as long as it has one.
    """
    listening: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, where in _look_up(None if address == "*" else address, port):
            if _is_covered(family, where, own):
                absent = None
                continue
            try:
                listening.append(_listen_ip(family, where, backlog, reuse_port))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error
    except OSError:
        for sock in listening:
            sock.close()
        raise
    if not listening and absent is not None:
        raise absent
    return listening


def _look_up(
    name: str | None, port: int
) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    try:
        rows = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise type(error)(error.errno, error.strerror, name) from error
    return [(family, where) for family, _type, _protocol, _name, where in rows]


def _is_covered(
    family: socket.AddressFamily, where: tuple[Any, ...], own: Collection[Address]
) -> bool:
    host, port = ip_address(where)
    return (host, port) in own or (_EVERYWHERE.get(family, ""), port) in own


def _listen_ip(
    family: socket.AddressFamily,
    where: tuple[Any, ...],
    backlog: int,
    reuse_port: bool,
) -> socket.socket:
    try:
        sock = ListeningSocket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _named(error, where) from error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise _named(error, where) from error
    return sock


def _named(error: OSError, where: tuple[Any, ...]) -> OSError:
    return OSError(error.errno, error.strerror, address_text(ip_address(where)))


def listen_unix(
    directory: str, port: int, mode: int, backlog: int, group: str = ""
) -> socket.socket:
    """Listen on ``.s.PGSQL.<port>`` in ``directory`` (with "@" first: abstract).

    A socket file that nobody answers on is a dead process's and is replaced. ``group``
    is a name or a number, "" for the process's own. Neither it nor ``mode`` holds for
    abstract sockets, which have no file.

    Raises:
        OSError: see :func:`refuse_used`, or the path cannot be had.
        LookupError: there is no such group.
    """
    path = unix_socket_path(directory, port)
    abstract = path.startswith("@")
    refuse_used(directory, port)
    if not abstract:
        Path(path).unlink(missing_ok=True)
    sock = ListeningSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound = False
    try:
        sock.setblocking(False)
        _bind_unix(sock, path)
        bound = not abstract
        if bound:
            if group:
                shutil.chown(path, group=int(group) if group.isdigit() else group)
            Path(path).chmod(mode)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        if bound:
            os.unlink(path)
        raise
    return sock


def _bind_unix(sock: socket.socket, path: str) -> None:
    try:
        sock.bind(kernel_path(path))
    except OSError as error:
        code = error.errno or errno.ENAMETOOLONG
        raise OSError(code, error.strerror or str(error), path) from error


def refuse_used(directory: str, port: int) -> None:
    """Refuse a Unix socket that somebody else has; changes nothing.

    Raises:
        OSError: somebody answers there or has locked the port, as PostgreSQL does (both
            EADDRINUSE); a file that is no socket is in the way (EEXIST).
    """
    path = unix_socket_path(directory, port)
    if not path.startswith("@"):
        # CreateLockFile in PostgreSQL's miscinit.c
        lock = f"{path}.lock"
        if os.path.lexists(lock):
            raise OSError(errno.EADDRINUSE, f"unix port {port} is in use", lock)
        if not _exists(path):
            return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            code = probe.connect_ex(kernel_path(path))
        except OSError:
            # Too long for an address: binding says so.
            return
    if code not in (errno.ECONNREFUSED, errno.ENOENT):
        raise OSError(errno.EADDRINUSE, "unix socket is in use, cannot continue", path)


def _exists(path: str) -> bool:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    # Connecting to any other file is refused as well, and would say that it is dead.
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(
            errno.EEXIST, "a file that is no socket is in the way, remove it", path
        )
    return True
