"""The options that every TCP connection gets, and those the operator chose."""

import socket
from dataclasses import dataclass
from typing import Final

_IP = (socket.AF_INET, socket.AF_INET6)

# Not every system has every option, and macOS has another name for one of them.
_KEEPIDLE: Final = getattr(socket, "TCP_KEEPIDLE", None) or getattr(
    socket, "TCP_KEEPALIVE", None
)
_KEEPINTVL: Final = getattr(socket, "TCP_KEEPINTVL", None)
_KEEPCNT: Final = getattr(socket, "TCP_KEEPCNT", None)
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)
_DEFER_ACCEPT: Final = getattr(socket, "TCP_DEFER_ACCEPT", None)


@dataclass(frozen=True, slots=True)
class TcpOptions:
    """The settings ``tcp_*`` under their names; 0 leaves the system's default.

    ``keepidle`` and ``keepintvl`` are seconds, ``user_timeout`` is milliseconds,
    ``socket_buffer`` is bytes, for each direction.
    """

    keepalive: bool = True
    keepcnt: int = 0
    keepidle: int = 0
    keepintvl: int = 0
    user_timeout: int = 0
    socket_buffer: int = 0


def apply(sock: socket.socket, options: TcpOptions) -> None:
    """Set ``options`` and TCP_NODELAY on a TCP socket.

    An option that this system does not have is left out. On a socket that is to be
    connected, call it before: the buffers decide about the window's scale, tcp(7).

    Raises:
        OSError: the kernel refuses a value.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(options.keepalive))
    if options.keepalive:
        _set_tcp(sock, _KEEPCNT, options.keepcnt)
        _set_tcp(sock, _KEEPIDLE, options.keepidle)
        _set_tcp(sock, _KEEPINTVL, options.keepintvl)
    _set_tcp(sock, _USER_TIMEOUT, options.user_timeout)
    if options.socket_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, options.socket_buffer)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.socket_buffer)


def defer_accept(listening: socket.socket, on: bool) -> None:
    """Accept connections only when they have sent something; or all, as they come.

    For a second, that is: Linux then lets in what is silent, too. Nothing on a Unix
    socket, or where there is no such option.

    Raises:
        OSError: the kernel refuses.
    """
    if listening.family in _IP and _DEFER_ACCEPT is not None:
        listening.setsockopt(socket.IPPROTO_TCP, _DEFER_ACCEPT, int(on))


def _set_tcp(sock: socket.socket, option: int | None, value: int) -> None:
    if value and option is not None:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
