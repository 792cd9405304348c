"""A listening socket: accepting what comes in."""

import contextlib
import errno
import os
import select
import socket
from collections.abc import Callable
from typing import Final, TypeAlias

from .address import Address, IpAddress, address_text, own_address, single
from .poller import READ
from .reactor import Reactor

# So many of one event; the rest is reported again, behind the other descriptors.
MOST_ACCEPTS: Final = 32

# The longest queue that Linux keeps unless told otherwise (net.core.somaxconn).
MOST_PENDING: Final = 4096

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


# The socket; its address on the other side, and on this one, None where that has to be
# asked for. Of a Unix socket, whose other side has no name, both mean nothing.
OnAccept: TypeAlias = Callable[[socket.socket, Address, IpAddress | None], None]


class Listener:
    """Accepts the connections of one listening, non-blocking socket.

    ``on_accept`` gets each new socket, non-blocking; it is the callback's own from
    then on, also if the callback raises. That raise ends the batch, not the listener.

    When descriptors run out, nothing is accepted and ``on_exhausted`` is called, once,
    with the kernel's error; call :meth:`resume` when a descriptor was given back.

    The file of a Unix socket goes when it is closed, unless it was ``inherited``.
    """

    __slots__ = (
        "_identity",
        "_inherited",
        "_on_accept",
        "_on_exhausted",
        "_own",
        "_queue",
        "_reactor",
        "_socket",
        "_watching",
        "address",
    )

    def __init__(
        self,
        reactor: Reactor,
        listening_socket: socket.socket,
        on_accept: OnAccept,
        on_exhausted: Callable[[OSError], None],
        *,
        inherited: bool = False,
    ) -> None:
        self._reactor = reactor
        self._socket = listening_socket
        self._on_accept = on_accept
        self._on_exhausted = on_exhausted
        own = own_address(listening_socket)
        self.address = address_text(own)
        # What is accepted has the same, unless that stands for several.
        self._own = single(own)
        self._queue = select.poll()
        self._queue.register(listening_socket, select.POLLIN)
        self._inherited = inherited
        self._identity = None if inherited else _identity(listening_socket)
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

    def accept_pending(self) -> None:
        """Accept what the kernel has queued by now: closing would reset it.

        Of an inherited socket nothing, for its owner goes on to listen, and whoever is
        in the queue is the next process's.
        """
        if self._inherited:
            return
        for _ in range(MOST_PENDING // MOST_ACCEPTS):
            try:
                if not self._accept_batch():
                    return
            except Exception as error:
                # It must not keep the others from being accepted, nor us from closing.
                self._reactor.on_fault(error)

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
        self._accept_batch()

    def _accept_batch(self) -> bool:
        """Say whether there may be more."""
        for _ in range(MOST_ACCEPTS):
            # The callback may have suspended or closed it.
            if not self._watching:
                return False
            try:
                accepted, peer = self._socket.accept()
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno in _GONE:
                    continue
                self._fail(error)
                return False
            accepted.setblocking(False)
            self._on_accept(accepted, peer, self._own)
            # To be refused by accept costs several times as much.
            if not self._queue.poll(0):
                return False
        return True

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
