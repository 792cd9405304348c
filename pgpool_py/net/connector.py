"""A connection being opened, without waiting for it."""

import errno
import os
import socket
from collections.abc import Callable

from .address import Address, address_text, kernel_path
from .poller import WRITE
from .reactor import Reactor
from .socket_options import TcpOptions, apply


class Connector:
    """One attempt to connect, which ends in one of its two callbacks or in neither.

    The callbacks come from the reactor, never from within :func:`connect`, also where
    the kernel knows the answer at once. So the caller always has the connector before
    it hears of the end, and may connect again in ``on_failed`` without recursion.

    There is no deadline here: whoever waits has one, and calls :meth:`cancel`.
    """

    __slots__ = (
        "_address",
        "_error",
        "_on_connected",
        "_on_failed",
        "_reactor",
        "_socket",
    )

    def __init__(
        self,
        reactor: Reactor,
        address: Address,
        on_connected: Callable[[socket.socket], None],
        on_failed: Callable[[OSError], None],
        options: TcpOptions,
    ) -> None:
        self._reactor = reactor
        self._address = address
        self._on_connected = on_connected
        self._on_failed = on_failed
        self._error: OSError | None = None
        self._socket: socket.socket | None = None
        try:
            self._socket = _begin(address, options)
        except OSError as error:
            self._error = _with_address(error, address)
            reactor.gather(self)
        else:
            reactor.watch(self._socket.fileno(), self, WRITE)

    @property
    def address(self) -> Address:
        """Where to."""
        return self._address

    def cancel(self) -> None:
        """Give up: neither callback is called any more. Nothing after the end."""
        self._error = None
        connecting = self._release()
        if connecting is not None:
            connecting.close()

    # The reactor's side

    def on_writable(self) -> None:
        """See what became of it; called by the reactor."""
        connecting = self._release()
        if connecting is None:
            return
        code = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            connecting.close()
            error = OSError(code, os.strerror(code))
            self._on_failed(_with_address(error, self._address))
        else:
            self._on_connected(connecting)

    # A hang-up or an error, which some systems report without "writable".
    on_readable = on_writable

    def flush(self) -> None:
        """Tell of a failure that was known at once; called by the reactor."""
        error, self._error = self._error, None
        if error is not None:
            self._on_failed(error)

    def on_fault(self, error: Exception) -> None:
        """Leave it: the attempt was over when one of the callbacks raised."""

    def _release(self) -> socket.socket | None:
        connecting, self._socket = self._socket, None
        if connecting is not None:
            self._reactor.unwatch(connecting.fileno())
        return connecting


def connect(
    reactor: Reactor,
    address: Address,
    on_connected: Callable[[socket.socket], None],
    on_failed: Callable[[OSError], None],
    options: TcpOptions,
) -> Connector:
    """Begin to connect to ``address``; nothing is raised, see :class:`Connector`.

    ``on_connected`` gets the connected non-blocking socket, which is its own from then
    on. ``on_failed`` gets what the kernel said, with the address as its file name.
    """
    return Connector(reactor, address, on_connected, on_failed, options)


def _begin(address: Address, options: TcpOptions) -> socket.socket:
    connecting = socket.socket(_family(address), socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)
        if not isinstance(address, str):
            apply(connecting, options)
        code = connecting.connect_ex(
            kernel_path(address) if isinstance(address, str) else address
        )
        # EAGAIN is no "in progress": the listen queue of a Unix socket is full, and
        # the socket, though writable, is not being connected: connect(2).
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
    except BaseException:
        connecting.close()
        raise
    return connecting


def _family(address: Address) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _with_address(error: OSError, address: Address) -> OSError:
    if error.errno is None:
        # The socket module's own complaints, such as a path that is too long.
        return OSError(errno.EINVAL, str(error), address_text(address))
    return OSError(error.errno, error.strerror, address_text(address))
