"""A selector that serves data sockets itself, inside asyncio's ``select()``.

asyncio's transports cost more than everything a pooler does with a message. So the
loop gets this selector: descriptors registered as *channels* have their callback
called right here; all others are reported to asyncio as usual, and timers, signals,
executors and tasks stay asyncio's.

The rules, each of which came from something that went wrong without it:

- A callback's exception ends that channel and goes to ``on_fault``; it never leaves
  ``select()``, where it would end the loop.
- Event flags are hints: a descriptor removed in this turn is dead for the rest of the
  turn, even if its number is given out again.
- What was gathered for writing is flushed after the callbacks *and* before every poll:
  bytes put by a task would otherwise wait for the next event.
- What is gathered by a flush itself waits for the next poll, which then does not wait:
  work that makes more work of its kind cannot keep ``select()`` to itself.
- If a callback gave asyncio work (``stir``), ``select()`` returns at once.
- One poll takes at most :data:`MOST_EVENTS`, so that timers and tasks get their turn.
"""

import contextlib
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from .poller import READ, WRITE, Poller, best_poller

MOST_EVENTS: Final = 64

_FileObject = Any  # asyncio registers integers and sockets alike


class Channel(Protocol):
    """A descriptor served inside ``select()``."""

    def on_readable(self) -> None:
        """Read; called when something may be there, an end or an error included."""

    def on_writable(self) -> None:
        """Write what waits."""

    def on_fault(self, error: Exception) -> None:
        """End this channel: one of its callbacks raised ``error``."""


class Flushable(Protocol):
    """Something that gathered output in this turn."""

    def flush(self) -> None:
        """Write what was gathered."""

    def on_fault(self, error: Exception) -> None:
        """End this channel: its flush raised ``error``."""


class Reactor(selectors.BaseSelector):
    """See the module's text; one per loop, used by that loop's thread alone."""

    def __init__(self, poller: Poller | None = None) -> None:
        self._poller = best_poller() if poller is None else poller
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._channels: dict[int, Channel] = {}
        self._dead: set[int] = set()
        self._dirty: list[Flushable] = []
        self._stirred = False
        self.now = time.monotonic()
        self.on_fault: Callable[[Exception], None] = _raise

    # Channels

    def watch(self, fd: int, channel: Channel, interest: int) -> None:
        """Serve ``fd`` here from now on; ``interest`` is READ, WRITE or both."""
        self._poller.add(fd, interest)
        self._channels[fd] = channel

    def rewatch(self, fd: int, interest: int) -> None:
        """Change what a watched ``fd`` is served for."""
        self._poller.change(fd, interest)

    def unwatch(self, fd: int) -> None:
        """Serve ``fd`` no more; pending events of this turn are dropped."""
        del self._channels[fd]
        self._poller.remove(fd)
        self._dead.add(fd)

    def gather(self, flushable: Flushable) -> None:
        """Flush this one before the next poll."""
        self._dirty.append(flushable)

    def stir(self) -> None:
        """Say that asyncio has work: ``select()`` returns without waiting."""
        self._stirred = True

    # selectors.BaseSelector

    def register(
        self, fileobj: _FileObject, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        """Watch for asyncio."""
        fd = _descriptor(fileobj)
        if fd in self._keys:
            raise KeyError(f"{fileobj!r} (descriptor {fd}) is already registered")
        self._poller.add(fd, _interest(events))
        key = selectors.SelectorKey(fileobj, fd, events, data)
        self._keys[fd] = key
        return key

    def unregister(self, fileobj: _FileObject) -> selectors.SelectorKey:
        """Watch no more for asyncio."""
        key = self.get_key(fileobj)
        fd = key.fd
        del self._keys[fd]
        # The owner may have closed it first, and a channel have got its number since.
        if fd not in self._channels:
            with contextlib.suppress(OSError):
                self._poller.remove(fd)
        self._dead.add(fd)
        return key

    def modify(
        self, fileobj: _FileObject, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        """Watch for something else for asyncio."""
        old = self.get_key(fileobj)
        fd = old.fd
        if events != old.events:
            self._poller.change(fd, _interest(events))
        key = selectors.SelectorKey(fileobj, fd, events, data)
        self._keys[fd] = key
        return key

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Serve channels until asyncio has something to do, or ``timeout`` is over."""
        deadline = None
        if timeout is not None:
            timeout = max(timeout, 0.0)
            deadline = time.monotonic() + timeout
        ready: list[tuple[selectors.SelectorKey, int]] = []
        self._stirred = False
        self._flush()
        while True:
            pressed = self._stirred or self._dirty
            events = self._poller.poll(0.0 if pressed else timeout, MOST_EVENTS)
            self.now = now = time.monotonic()
            self._dead.clear()
            self._dispatch(events, ready)
            if self._dirty:
                self._flush()
            if ready or self._stirred:
                return self._still_registered(ready)
            if deadline is not None:
                timeout = deadline - now
                if timeout <= 0.0:
                    return ready

    def close(self) -> None:
        """Give the poller back."""
        self._poller.close()
        self._keys.clear()
        self._channels.clear()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Give what asyncio registered, by descriptor."""
        return _Registered(self)

    def get_key(self, fileobj: _FileObject) -> selectors.SelectorKey:
        """Give what asyncio registered for ``fileobj``; KeyError if nothing."""
        try:
            return self._keys[_descriptor(fileobj)]
        except ValueError:
            # Closed, so that it no longer knows its descriptor.
            for key in self._keys.values():
                if key.fileobj is fileobj:
                    return key
            raise KeyError(f"{fileobj!r} is not registered") from None

    def registered(self) -> Iterator[int]:
        """Give the descriptors that asyncio registered."""
        return iter(self._keys)

    # One turn

    def _dispatch(
        self,
        events: list[tuple[int, int]],
        ready: list[tuple[selectors.SelectorKey, int]],
    ) -> None:
        channels = self._channels
        dead = self._dead
        for fd, flags in events:
            if fd in dead:
                continue
            channel = channels.get(fd)
            if channel is None:
                self._report(fd, flags, ready)
                continue
            try:
                if flags & WRITE:
                    channel.on_writable()
                    if flags == WRITE or fd in dead:
                        continue
                channel.on_readable()
            except Exception as error:
                self._fault(channel, error)

    def _report(
        self,
        fd: int,
        flags: int,
        ready: list[tuple[selectors.SelectorKey, int]],
    ) -> None:
        key = self._keys.get(fd)
        if key is None:
            return
        mask = selectors.EVENT_WRITE if flags & ~READ else 0
        mask |= selectors.EVENT_READ if flags & ~WRITE else 0
        if mask & key.events:
            ready.append((key, mask & key.events))

    def _still_registered(
        self, ready: list[tuple[selectors.SelectorKey, int]]
    ) -> list[tuple[selectors.SelectorKey, int]]:
        # A callback may have unregistered or replaced what was ready before it. asyncio
        # takes a key with a cancelled handle as word to stop watching its descriptor.
        return [found for found in ready if self._keys.get(found[0].fd) is found[0]]

    def _flush(self) -> None:
        batch, self._dirty = self._dirty, []
        for flushable in batch:
            try:
                flushable.flush()
            except Exception as error:
                self._fault(flushable, error)

    def _fault(self, channel: Channel | Flushable, error: Exception) -> None:
        try:
            channel.on_fault(error)
        except Exception as second:
            self.on_fault(second)
        self.on_fault(error)


class _Registered(Mapping[Any, selectors.SelectorKey]):
    """What asyncio registered, found by descriptor or by file object."""

    __slots__ = ("_reactor",)

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor

    def __getitem__(self, fileobj: _FileObject) -> selectors.SelectorKey:
        return self._reactor.get_key(fileobj)

    def __iter__(self) -> Iterator[int]:
        return self._reactor.registered()

    def __len__(self) -> int:
        return sum(1 for _ in self._reactor.registered())


def _descriptor(fileobj: _FileObject) -> int:
    fd = fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
    if fd < 0:
        raise ValueError(f"{fileobj!r} has no descriptor")
    return fd


def _interest(events: int) -> int:
    interest = READ if events & selectors.EVENT_READ else 0
    return interest | (WRITE if events & selectors.EVENT_WRITE else 0)


def _raise(error: Exception) -> None:
    raise error
