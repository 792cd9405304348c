"""The options that every TCP connection gets, and those the operator chose."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
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

    Attributes:
        chosen: level, option and value of what they mean, TCP_NODELAY with them; an
            option that this system does not have is left out.
        own: those of them that a socket does not get from the one that accepts it.
    """

    keepalive: bool = True
    keepcnt: int = 0
    keepidle: int = 0
    keepintvl: int = 0
    user_timeout: int = 0
    socket_buffer: int = 0
    chosen: tuple[tuple[int, int, int], ...] = field(
        init=False, repr=False, compare=False
    )
    own: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The one way to set what a frozen object works out itself.
        object.__setattr__(self, "own", tuple(_own(self)))
        object.__setattr__(self, "chosen", (*_common(self.keepalive), *self.own))


def _common(keepalive: bool) -> Iterator[tuple[int, int, int]]:
    yield socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    yield socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keepalive)


def _own(options: TcpOptions) -> Iterator[tuple[int, int, int]]:
    # One that is not set means the system's default, and cannot be taken back from a
    # socket that listens.
    details = [(_USER_TIMEOUT, options.user_timeout)]
    if options.keepalive:
        details += [
            (_KEEPCNT, options.keepcnt),
            (_KEEPIDLE, options.keepidle),
            (_KEEPINTVL, options.keepintvl),
        ]
    for option, value in details:
        if option is not None and value:
            yield socket.IPPROTO_TCP, option, value
    if options.socket_buffer:
        yield socket.SOL_SOCKET, socket.SO_SNDBUF, options.socket_buffer
        yield socket.SOL_SOCKET, socket.SO_RCVBUF, options.socket_buffer


def apply(sock: socket.socket, options: TcpOptions) -> None:
    """Set ``options`` and TCP_NODELAY on a TCP socket.

    On a socket that is to be connected, call it before: the buffers decide about the
    window's scale, tcp(7).

    Raises:
        OSError: the kernel refuses a value.
    """
    for level, option, value in options.chosen:
        sock.setsockopt(level, option, value)


def hand_down(listening: socket.socket, *, keepalive: bool) -> None:
    """Set what each connection has that ``listening`` accepts from now on.

    The system gives it to them: Linux and the BSDs copy such options (tcp(4)).

    Raises:
        OSError: the kernel refuses a value.
    """
    for level, option, value in _common(keepalive):
        listening.setsockopt(level, option, value)


def complete(accepted: socket.socket, options: TcpOptions) -> None:
    """Set what a connection has not from the socket that accepted it.

    Raises:
        OSError: the kernel refuses a value.
    """
    for level, option, value in options.own:
        accepted.setsockopt(level, option, value)


def defer_accept(listening: socket.socket, on: bool) -> None:
    """Accept connections only when they have sent something; or all, as they come.

    For a second, that is: Linux then lets in what is silent, too. Nothing on a Unix
    socket, or where there is no such option.

    Raises:
        OSError: the kernel refuses.
    """
    if listening.family in _IP and _DEFER_ACCEPT is not None:
        listening.setsockopt(socket.IPPROTO_TCP, _DEFER_ACCEPT, int(on))
