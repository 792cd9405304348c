"""Names to addresses, off the loop, remembered for a while."""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from .address import Address, ip_address, unix_socket_path

Answer: TypeAlias = list[Address] | OSError

# A failure is told to all who ask within this time, and then tried again.
FAILURE_TTL: Final = 1.0
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


@dataclass(frozen=True, slots=True)
class _Entry:
    found: tuple[str, ...] | OSError
    expires: float


_Waiter: TypeAlias = tuple[int, Callable[[Answer], None]]


class Resolver:
    """Looks names up with the system's resolver, as ``getaddrinfo`` finds them.

    ``max_ttl`` is how many seconds an answer is remembered (``dns_max_ttl``: the
    system does not tell the true one); it may be changed at any time, 0 remembers
    nothing. Answers come in the order in which the system prefers them (RFC 6724).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, max_ttl: float = 15.0) -> None:
        self.max_ttl = max_ttl
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
        self._remember(host, found)
        for port, then in self._waiting.pop(host, []):
            self._loop.call_soon(self._tell, then, _answer(found, port))

    def _tell(self, then: Callable[[Answer], None], answer: Answer) -> None:
        if not self._closed:
            then(answer)

    def _remembered(self, host: str) -> tuple[str, ...] | OSError | None:
        entry = self._known.get(host)
        if entry is None:
            return None
        if entry.expires <= self._loop.time():
            del self._known[host]
            return None
        return entry.found

    def _remember(self, host: str, found: tuple[str, ...] | OSError) -> None:
        ttl = self.max_ttl
        if isinstance(found, OSError):
            ttl = min(ttl, FAILURE_TTL)
        if ttl <= 0:
            return
        self._known.pop(host, None)
        if len(self._known) >= MOST_NAMES:
            del self._known[next(iter(self._known))]
        self._known[host] = _Entry(found, self._loop.time() + ttl)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _answer(found: tuple[str, ...] | OSError, port: int) -> Answer:
    if isinstance(found, OSError):
        return found
    return [(host, port) for host in found]
