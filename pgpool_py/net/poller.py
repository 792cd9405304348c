"""What the kernel says of descriptors: epoll on Linux, ``selectors`` elsewhere.

Both report level-triggered readiness as ``(descriptor, flags)`` with the flags of
:data:`READ` and :data:`WRITE`; anything else in the flags (a hang-up, an error) is a
hint to read. A descriptor without interest must be removed, not watched for nothing:
epoll reports a reset to it all the same, again and again.
"""

import select
import selectors
from typing import Final, Protocol

# epoll's own values, so that nothing is translated where speed matters.
READ: Final = 1
WRITE: Final = 4


class Poller(Protocol):
    """Watches descriptors, level-triggered."""

    def add(self, fd: int, interest: int) -> None:
        """Begin to watch ``fd`` for ``interest`` (:data:`READ` | :data:`WRITE`)."""

    def change(self, fd: int, interest: int) -> None:
        """Watch ``fd`` for ``interest`` instead."""

    def remove(self, fd: int) -> None:
        """Stop watching ``fd``; it must be watched."""

    def poll(self, timeout: float | None, most: int) -> list[tuple[int, int]]:
        """Wait ``timeout`` seconds (None: for ever) for at ``most`` so many events."""

    def fileno(self) -> int:
        """Give the poller's own descriptor."""

    def close(self) -> None:
        """Give the poller's descriptor back."""


class EpollPoller:
    """Linux."""

    __slots__ = ("_epoll", "add", "change", "fileno", "poll", "remove")

    def __init__(self) -> None:
        epoll = select.epoll()
        self._epoll = epoll
        self.add = epoll.register
        self.change = epoll.modify
        self.remove = epoll.unregister
        self.fileno = epoll.fileno
        # epoll's own methods: a call saved in every turn of the loop.
        self.poll = epoll.poll

    def close(self) -> None:
        """Give the poller's descriptor back."""
        self._epoll.close()


class SelectorPoller:
    """Any other system, through the standard library's best selector (kqueue)."""

    __slots__ = ("_first", "_selector")

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        self._selector = selectors.DefaultSelector() if selector is None else selector
        self._first = 0

    def add(self, fd: int, interest: int) -> None:
        """Begin to watch; see :class:`Poller`."""
        self._selector.register(fd, _to_selector(interest))

    def change(self, fd: int, interest: int) -> None:
        """Watch for something else; see :class:`Poller`."""
        self._selector.modify(fd, _to_selector(interest))

    def remove(self, fd: int) -> None:
        """Stop watching; see :class:`Poller`."""
        self._selector.unregister(fd)

    def poll(self, timeout: float | None, most: int) -> list[tuple[int, int]]:
        """Wait for events; see :class:`Poller`."""
        found = self._selector.select(timeout)
        if len(found) > most:
            # Some report in the same order each time, and the last would never be had.
            first = self._first % len(found)
            self._first = first + most
            found = (found[first:] + found[:first])[:most]
        return [(key.fd, _from_selector(mask)) for key, mask in found]

    def fileno(self) -> int:
        """Give the poller's own descriptor, or -1 where the system has none."""
        own = getattr(self._selector, "fileno", None)
        return int(own()) if own is not None else -1

    def close(self) -> None:
        """Give the poller's descriptor back."""
        self._selector.close()


def _to_selector(interest: int) -> int:
    mask = selectors.EVENT_READ if interest & READ else 0
    return mask | (selectors.EVENT_WRITE if interest & WRITE else 0)


def _from_selector(mask: int) -> int:
    flags = READ if mask & selectors.EVENT_READ else 0
    return flags | (WRITE if mask & selectors.EVENT_WRITE else 0)


def has_hung_up(fd: int) -> bool:
    """Whether the other side has ended the connection, whatever is still to be read.

    For a descriptor that is not watched, whose end nobody would notice else. Where the
    system does not know POLLRDHUP, only an end in both directions is seen.
    """
    poller = select.poll()
    poller.register(fd, getattr(select, "POLLRDHUP", 0))
    return bool(poller.poll(0))


def best_poller() -> Poller:
    """Give the fastest poller of this system."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()
