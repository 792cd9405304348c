"""Names to addresses, off the loop, remembered for a while."""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeAlias

from .address import Address, ip_address, unix_socket_path

Answer: TypeAlias = list[Address] | OSError

# A look-up that failed for now is done again after this time at the latest.
PASSING_TTL: Final = 1.0
# The system says so where a name does not exist, or has no address.
_DEFINITE: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", 0)})
# Names remembered; the oldest goes first.
MOST_NAMES: Final = 1024
# Longer than the system's resolver needs for two attempts of 5 s, resolv.conf(5).
LOOK_UP_TIMEOUT: Final = 12.0


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name, its addresses (none: the look-up failed), seconds until forgotten."""

    name: str
    addresses: tuple[str, ...]
    ttl: float


@dataclass(slots=True)
class _Entry:
    found: tuple[str, ...] | OSError
    expires: float
    # What it led to when it was found last.
    addresses: frozenset[str]
    turns: int = 0


_Waiter: TypeAlias = tuple[int, Callable[[Answer], None]]


class Resolver:
    """Looks names up with the system's resolver, as ``getaddrinfo`` finds them.

    ``max_ttl`` is how many seconds an answer is remembered (``dns_max_ttl``: the
    system does not tell the true one), ``failure_ttl`` the same for a name that does
    not exist (``dns_nxdomain_ttl``); both may be changed at any time, 0 remembers
    nothing. Answers come in the order in which the system prefers them (RFC 6724);
    those in front that are of one family take turns to be the first.

    Attributes:
        on_gone: is called with the addresses that a name leads to no longer.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        max_ttl: float = 15.0,
        failure_ttl: float = 15.0,
    ) -> None:
        self.max_ttl = max_ttl
        self.failure_ttl = failure_ttl
        self.on_gone: Callable[[str, frozenset[str]], None] = _nobody_asks
        self._loop = loop
        self._known: dict[str, _Entry] = {}
        self._waiting: dict[str, list[_Waiter]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def resolve(self, host: str, port: int, then: Callable[[Answer], None]) -> None:
        """Call ``then`` once with all addresses of ``host``, or with the error.

        It is called before this returns where no look-up is needed: for IP addresses,
        directories of Unix sockets ("/" or "@" first) and names that are remembered.
        Else it is called from the loop, and not at all after :meth:`close`.
        """
        if host.startswith(("/", "@")):
            then([unix_socket_path(host, port)])
        elif _is_ip(host):
            then([(host, port)])
        elif (known := self._remembered(host)) is not None:
            then(_answer(known, port))
        elif self._closed:
            then(OSError(errno.ECANCELED, "no more look-ups: shutting down", host))
        elif host in self._waiting:
            self._waiting[host].append((port, then))
        else:
            self._waiting[host] = [(port, then)]
            task = self._loop.create_task(self._look_up(host))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @property
    def pending(self) -> int:
        """Look-ups under way."""
        return len(self._waiting)

    def known(self) -> list[KnownName]:
        """Give what is remembered, for SHOW DNS_HOSTS."""
        now = self._loop.time()
        return [
            KnownName(
                name,
                () if isinstance(entry.found, OSError) else entry.found,
                entry.expires - now,
            )
            for name, entry in self._known.items()
            if entry.expires > now
        ]

    def close(self) -> None:
        """Cancel all look-ups; who waits for one is not called."""
        self._closed = True
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _look_up(self, host: str) -> None:
        found: tuple[str, ...] | OSError
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                rows = await self._loop.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
            hosts = [ip_address(row[4])[0] for row in rows]
            found = tuple(dict.fromkeys(hosts))
        except TimeoutError:
            found = TimeoutError(
                errno.ETIMEDOUT, f"no answer from DNS in {LOOK_UP_TIMEOUT:g} s", host
            )
        except OSError as error:
            found = type(error)(error.errno, error.strerror, host)
        except UnicodeError as error:
            # A name that cannot be one, such as a label of more than 63 bytes.
            found = OSError(errno.EINVAL, f"not a host name: {error}", host)
        entry = self._remember(host, found)
        for port, then in self._waiting.pop(host, []):
            self._loop.call_soon(self._tell, then, _answer(entry, port))

    def _tell(self, then: Callable[[Answer], None], answer: Answer) -> None:
        if not self._closed:
            then(answer)

    def _remembered(self, host: str) -> _Entry | None:
        entry = self._known.get(host)
        if entry is None or entry.expires <= self._loop.time():
            return None
        return entry

    def _remember(self, host: str, found: tuple[str, ...] | OSError) -> _Entry:
        """Remember an answer; tell of addresses that were in the last one only."""
        old = self._known.pop(host, None)
        addresses = frozenset[str]() if old is None else old.addresses
        gone = frozenset[str]()
        if not isinstance(found, OSError):
            gone = addresses - set(found)
            addresses = frozenset(found)
        if len(self._known) >= MOST_NAMES:
            del self._known[next(iter(self._known))]
        expires = self._loop.time() + self._ttl(found)
        entry = self._known[host] = _Entry(found, expires, addresses)
        if gone and not self._closed:
            self.on_gone(host, gone)
        return entry

    def _ttl(self, found: tuple[str, ...] | OSError) -> float:
        if not isinstance(found, OSError):
            return self.max_ttl
        if found.errno in _DEFINITE:
            return self.failure_ttl
        return min(self.failure_ttl, PASSING_TTL)


def _nobody_asks(name: str, gone: frozenset[str]) -> None:
    """Stand in for ``on_gone``."""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _answer(entry: _Entry, port: int) -> Answer:
    found = entry.found
    if isinstance(found, OSError):
        return found
    # An address of another family comes after them for a reason: there may be no route.
    family = ":" in found[0]
    equals = tuple(takewhile(lambda host: (":" in host) == family, found))
    first = entry.turns % len(equals)
    entry.turns += 1
    hosts = (*equals[first:], *equals[:first], *found[len(equals) :])
    return [(host, port) for host in hosts]
