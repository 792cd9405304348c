"""The address columns of pg_hba.conf.

Source: PostgreSQL 18, ``libpq/hba.c`` ``parse_hba_line`` and ``check_ip``. What its
``getaddrinfo`` takes beyond plain notation (``10.1`` for 10.0.0.1, ``010`` for 8) is
refused.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    ip_address,
)
from typing import Final, TypeAlias

from .words import LineError, Word, shown

# Addresses of clients, most of which come again and again.
MOST_REMEMBERED: Final = 1024

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPInterface: TypeAlias = IPv4Interface | IPv6Interface

_BITS = re.compile(r"[0-9]{1,3}", re.ASCII)
# What a resolver might know, and what only looks so.
_HOST_NAME = re.compile(r"\.?[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NUMBERS = re.compile(r"[0-9.]*|0x[0-9A-Fa-f.x]*")


@dataclass(frozen=True, slots=True)
class Network:
    """Addresses of one family that agree with ``address`` in the bits of ``mask``.

    As in PostgreSQL a mask given as an address may have gaps.
    """

    version: int
    address: int
    mask: int

    def match(self, address: IPAddress) -> bool:
        """Decide."""
        if address.version != self.version:
            return False
        return (int(address) ^ self.address) & self.mask == 0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Which addresses a record is for."""

    every: bool
    networks: tuple[Network, ...]

    def match(self, address: IPAddress) -> bool:
        """Decide."""
        return self.every or any(network.match(address) for network in self.networks)


EVERYWHERE = Addresses(every=True, networks=())


@lru_cache(MOST_REMEMBERED)
def client_address(text: str) -> IPAddress:
    """Read the address of a client's socket, as records are compared with it.

    A scope (``fe80::1%eth0``) is dropped. An IPv4 address in IPv6 form is the IPv4
    address, or a dual-stack socket would pass by all records of IPv4.

    Raises:
        ValueError: it is no address.

    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def takes_mask(word: Word) -> bool:
    """Say whether the column behind this one is a mask."""
    keyword = any(map(word.is_keyword, ("all", "samehost", "samenet")))
    return not keyword and "/" not in word.text


def addresses(
    word: Word, mask: Word | None, interfaces: Collection[IPInterface] | None
) -> Addresses:
    """Read an address, and a mask where `takes_mask` says that one follows.

    ``interfaces`` are this machine's addresses; None if they are not known.

    Raises:
        LineError: it is none, or samehost and samenet are asked for without interfaces.

    """
    if word.is_keyword("all"):
        return EVERYWHERE
    if word.is_keyword("samehost") or word.is_keyword("samenet"):
        return _same(word.text, interfaces)
    text, slash, bits = word.text.partition("/")
    address = _address(text)
    if slash:
        width = _width(word.text, bits, address.max_prefixlen)
    elif mask is None:
        raise LineError("a mask is missing: write ADDRESS/BITS or ADDRESS MASK")
    else:
        width = _mask(mask.text, address.version)
    if int(address) & ~width:
        raise LineError(
            f"the address {shown(word.text)} has bits outside its mask: PostgreSQL "
            "ignores them, PgBouncer never matches; set them to zero or use /"
            f"{address.max_prefixlen}"
        )
    return Addresses(False, (Network(address.version, int(address), width),))


def _same(keyword: str, interfaces: Collection[IPInterface] | None) -> Addresses:
    if interfaces is None:
        raise LineError(
            f"{keyword} is not supported here: the addresses of this machine are not "
            "known; write them out"
        )
    return Addresses(
        False,
        tuple(
            Network(
                own.version,
                int(own.ip),
                _ones(own.max_prefixlen)
                if keyword == "samehost"
                else int(own.network.netmask),
            )
            for own in interfaces
        ),
    )


def _address(text: str) -> IPAddress:
    try:
        address = ip_address(text)
    except ValueError:
        raise LineError(_what_is_wrong(text)) from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise LineError(f"the address {shown(text)} has a scope: leave out %…")
        if address.ipv4_mapped is not None:
            raise LineError(
                f"the address {shown(text)} is an IPv4 address in IPv6 form: write "
                f"{address.ipv4_mapped}"
            )
    return address


def _what_is_wrong(text: str) -> str:
    if _HOST_NAME.fullmatch(text) and not _NUMBERS.fullmatch(text):
        return (
            f"the host name {shown(text)} is not supported: it would need a look-up at "
            "each login, whose answer others may forge; write the address"
        )
    return f"invalid IP address {shown(text)}"


def _width(text: str, bits: str, most: int) -> int:
    if not _BITS.fullmatch(bits) or int(bits) > most:
        raise LineError(f"invalid CIDR mask in address {shown(text)}")
    return _ones(most) ^ _ones(most - int(bits))


def _mask(text: str, version: int) -> int:
    try:
        mask = ip_address(text)
    except ValueError:
        raise LineError(f"invalid IP mask {shown(text)}") from None
    if mask.version != version:
        raise LineError("IP address and mask do not match")
    return int(mask)


def _ones(count: int) -> int:
    return (1 << count) - 1
