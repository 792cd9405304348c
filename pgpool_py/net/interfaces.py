"""The addresses of this machine, with their networks, as the kernel tells them.

Source: rtnetlink(7): the answer to RTM_GETADDR. No look-up by name is needed, and
addresses of one interface are all there, which the older ioctls do not give.
"""

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Final

_RTM_GETADDR: Final = 22
_RTM_NEWADDR: Final = 20
_NLMSG_DONE: Final = 3
_NLMSG_ERROR: Final = 2
_NLM_F_REQUEST_DUMP: Final = 0x301
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2

# struct nlmsghdr: length, type, flags, sequence, port.
_HEADER: Final = struct.Struct("=IHHII")
# struct ifaddrmsg: family, bits of the network, flags, scope, index.
_ADDRESS: Final = struct.Struct("=BBBBi")
# struct rtattr: length, type.
_ATTRIBUTE: Final = struct.Struct("=HH")
_SIZES: Final = {socket.AF_INET: 4, socket.AF_INET6: 16}

_READ_SIZE: Final = 65536
# A machine with more addresses than fit in so many answers is none.
_MOST_READS: Final = 100
_LIMIT: Final = 2.0


def interfaces() -> tuple[IPv4Interface | IPv6Interface, ...] | None:
    """Give the addresses of this machine; None if they cannot be known.

    They can on Linux.
    """
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return None
    request = _HEADER.pack(
        _HEADER.size + _ADDRESS.size, _RTM_GETADDR, _NLM_F_REQUEST_DUMP, 1, 0
    ) + _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    found: list[IPv4Interface | IPv6Interface] = []
    try:
        with socket.socket(family, socket.SOCK_RAW, 0) as kernel:
            kernel.settimeout(_LIMIT)
            kernel.send(request)
            for _ in range(_MOST_READS):
                if _take(kernel.recv(_READ_SIZE), found):
                    return tuple(found)
    except OSError:
        pass
    return None


def _take(answer: bytes, found: list[IPv4Interface | IPv6Interface]) -> bool:
    """Add the addresses of one answer; say whether it was the last.

    Raises:
        OSError: the kernel refuses to tell.
    """
    position = 0
    while position + _HEADER.size <= len(answer):
        length, kind, _, _, _ = _HEADER.unpack_from(answer, position)
        if kind == _NLMSG_DONE:
            return True
        if kind == _NLMSG_ERROR or length < _HEADER.size:
            raise OSError("the kernel does not tell its addresses")
        if kind == _RTM_NEWADDR:
            found += _addresses(answer[position + _HEADER.size : position + length])
        position += _aligned(length)
    return False


def _addresses(message: bytes) -> Iterator[IPv4Interface | IPv6Interface]:
    family, bits, _, _, _ = _ADDRESS.unpack_from(message)
    size = _SIZES.get(family)
    given = dict(_attributes(message[_ADDRESS.size :]))
    # Of a point-to-point link IFA_ADDRESS is the other end.
    address = given.get(_IFA_LOCAL, given.get(_IFA_ADDRESS))
    if address is not None and len(address) == size:
        yield ip_interface((address, bits))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, position)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[position + _ATTRIBUTE.size : position + length]
        position += _aligned(length)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
