"""Listening sockets: opening them, and accepting what comes in."""

import contextlib
import errno
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .address import (
    address_text,
    ip_address,
    kernel_path,
    own_address,
    unix_socket_path,
)
from .poller import READ
from .reactor import Reactor

# So many of one event; the rest is reported again, behind the other descriptors.
MOST_ACCEPTS: Final = 32

# The process or the system has no more descriptors, or no memory for a socket.
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

# The client is gone already; accept(2) wants the network's errors treated like that.
_GONE: Final = frozenset(
    getattr(errno, name)
    for name in (
        "ECONNABORTED",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "ENETDOWN",
        "ENETUNREACH",
        "ENONET",
        "ENOPROTOOPT",
        "EPERM",
        "EPROTO",
    )
    if hasattr(errno, name)
)

# A wildcard address stands for two families, and a system may lack one of them.
_NO_SUCH_FAMILY: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


class Listener:
    """Accepts the connections of one listening, non-blocking socket.

    ``on_accept`` gets each new socket, non-blocking; it is the callback's own from
    then on, also if the callback raises. That raise ends the batch, not the listener.

    When descriptors run out, nothing is accepted and ``on_exhausted`` is called, once,
    with the kernel's error; call :meth:`resume` when a descriptor was given back.
    """

    __slots__ = (
        "_identity",
        "_on_accept",
        "_on_exhausted",
        "_reactor",
        "_socket",
        "_watching",
        "address",
    )

    def __init__(
        self,
        reactor: Reactor,
        listening_socket: socket.socket,
        on_accept: Callable[[socket.socket], None],
        on_exhausted: Callable[[OSError], None],
    ) -> None:
        self._reactor = reactor
        self._socket = listening_socket
        self._on_accept = on_accept
        self._on_exhausted = on_exhausted
        self.address = address_text(own_address(listening_socket))
        self._identity = _identity(listening_socket)
        self._watching = False
        self.resume()

    @property
    def socket(self) -> socket.socket:
        """The listening socket, for its options."""
        return self._socket

    @property
    def accepting(self) -> bool:
        """Whether connections are accepted now."""
        return self._watching

    def suspend(self) -> None:
        """Accept nothing until :meth:`resume`; the kernel queues what comes."""
        if self._watching:
            self._watching = False
            self._reactor.unwatch(self._socket.fileno())

    def resume(self) -> None:
        """Accept (again); nothing if accepting already, or closed."""
        if not self._watching and self._socket.fileno() >= 0:
            self._watching = True
            self._reactor.watch(self._socket.fileno(), self, READ)

    def close(self) -> None:
        """Stop listening; the file of a Unix socket goes, if it is still this one's."""
        if self._socket.fileno() < 0:
            return
        self.suspend()
        if self._identity is not None and self._identity == _identity(self._socket):
            with contextlib.suppress(OSError):
                os.unlink(self._socket.getsockname())
        self._socket.close()

    # The reactor's side

    def on_readable(self) -> None:
        """Accept a batch; called by the reactor."""
        for _ in range(MOST_ACCEPTS):
            # The callback may have suspended or closed it.
            if not self._watching:
                return
            try:
                accepted, _peer = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _GONE:
                    continue
                self._fail(error)
                return
            accepted.setblocking(False)
            self._on_accept(accepted)

    def _fail(self, error: OSError) -> None:
        # Whatever it is, it would be reported again at once.
        self.suspend()
        if error.errno not in _EXHAUSTED:
            raise error
        self._on_exhausted(error)

    def on_writable(self) -> None:
        """Nothing: a listening socket is not watched for writing."""

    def on_fault(self, error: Exception) -> None:
        """Go on: one connection's defect is no reason to turn the others away."""


def listen_tcp(
    address: str, port: int, backlog: int, reuse_port: bool = False
) -> list[socket.socket]:
    """Listen on every address that ``address`` stands for.

    That is an IP address, a name, or ``*`` for all IPv4 and IPv6 addresses. Looks the
    name up, so it may block. With port 0 the kernel gives each socket its own.

    Raises:
        OSError: nothing has that name, or one of the addresses cannot be had; then
            none is listened on. ``*`` is content with one of the two families.
    """
    wildcard = address == "*"
    listening: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, where in _look_up(None if wildcard else address, port):
            try:
                listening.append(_listen_ip(family, where, backlog, reuse_port))
            except OSError as error:
                if not wildcard or error.errno not in _NO_SUCH_FAMILY:
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


def _listen_ip(
    family: socket.AddressFamily,
    where: tuple[Any, ...],
    backlog: int,
    reuse_port: bool,
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
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
        raise OSError(
            error.errno, error.strerror, address_text(ip_address(where))
        ) from error
    return sock


def listen_unix(
    directory: str, port: int, mode: int, backlog: int, group: str = ""
) -> socket.socket:
    """Listen on ``.s.PGSQL.<port>`` in ``directory`` (with "@" first: abstract).

    A socket file that nobody answers on is a dead process's and is replaced. ``group``
    is a name or a number, "" for the process's own. Neither it nor ``mode`` holds for
    abstract sockets, which have no file.

    Raises:
        OSError: somebody answers there (EADDRINUSE), or the path cannot be had.
        LookupError: there is no such group.
    """
    path = unix_socket_path(directory, port)
    abstract = path.startswith("@")
    if not abstract:
        _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
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


def _remove_stale(path: str) -> None:
    """Remove a dead process's socket file; see :func:`listen_unix` for errors."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    # Connecting to any other file is refused as well, and would say that it is dead.
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(
            errno.EEXIST, "a file that is no socket is in the way, remove it", path
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        code = probe.connect_ex(path)
    if code not in (errno.ECONNREFUSED, errno.ENOENT):
        raise OSError(errno.EADDRINUSE, "unix socket is in use, cannot continue", path)
    Path(path).unlink(missing_ok=True)


def _identity(listening: socket.socket) -> tuple[int, int] | None:
    """Give device and inode of a Unix socket's file, None if it has none."""
    if listening.family != socket.AF_UNIX:
        return None
    name = listening.getsockname()
    if isinstance(name, bytes):
        return None
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
