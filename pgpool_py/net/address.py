"""Where a socket is bound or connected: an IP address with a port, or a Unix socket."""

import socket
from typing import Any, Final, TypeAlias

# An IP address as text (an IPv6 scope behind "%") with a port.
IpAddress: TypeAlias = tuple[str, int]
# One, or the path of a Unix socket, which is in Linux' abstract namespace if it begins
# with "@".
Address: TypeAlias = IpAddress | str

_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})


def unix_socket_path(directory: str, port: int) -> str:
    """Give the name that PostgreSQL and libpq use (UNIXSOCK_PATH in pqcomm.h)."""
    return f"{directory}/.s.PGSQL.{port}"


def single(address: Address) -> IpAddress | None:
    """Give the IP address; None if it stands for all of its family, or is none."""
    if isinstance(address, str) or address[0] in _WILDCARDS:
        return None
    return address


def kernel_path(path: str) -> str:
    """Give ``path`` as bind and connect want it, see unix(7): "@" stands for a NUL."""
    return f"\0{path[1:]}" if path.startswith("@") else path


def own_address(bound: socket.socket) -> Address:
    """Give the address that ``bound`` has on this side."""
    name = bound.getsockname()
    if isinstance(name, bytes):
        return name.replace(b"\0", b"@", 1).decode(errors="surrogateescape")
    if isinstance(name, str):
        return name
    return ip_address(name)


def ip_address(name: tuple[Any, ...]) -> tuple[str, int]:
    """Give an IPv4 or IPv6 name of the socket module as an address."""
    host, port, *rest = name
    return (f"{host}%{rest[1]}", port) if rest and rest[1] else (host, port)


def address_text(address: Address) -> str:
    """Give ``127.0.0.1:6432``, ``[::1]:6432`` or ``unix:/tmp/.s.PGSQL.6432``."""
    if isinstance(address, str):
        return f"unix:{address}"
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def origin_text(connected: socket.socket) -> str:
    """Give `` (from ip:port)`` for this side, nothing where it has no IP address."""
    try:
        own = own_address(connected)
    except OSError:
        return ""
    return "" if isinstance(own, str) else f" (from {address_text(own)})"
