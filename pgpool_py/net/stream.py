"""A connected, non-blocking socket of the reactor's: bytes in, bytes out.

Reading is left to the handler, which calls :attr:`Stream.recv_into` with whatever
buffer it likes, as often as it likes; what it leaves is reported again. Writing never
blocks: what the kernel does not take is kept and sent when it does. The handler
watches :attr:`Stream.backlog` and stops reading from the other side in time.

``recv_into`` and the private ``_send`` behave like a socket's (BlockingIOError where
nothing can be done now), so that an encrypted stream only has to replace these two.
"""

import socket
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from .poller import READ, WRITE, has_hung_up
from .reactor import Reactor

Send: TypeAlias = Callable[[bytes | bytearray | memoryview], int]
ReceiveInto: TypeAlias = Callable[[bytearray | memoryview], int]

# Larger pieces are offered to the kernel as they are; smaller ones are worth a copy
# if that saves a system call.
DIRECT_SIZE: Final = 16384

# Gathered bytes are offered before the turn ends when they are so many: what a handler
# relays in one turn is else bounded by nothing, for it is no backlog yet.
GATHERED_SIZE: Final = 65536


class Handler(Protocol):
    """What a stream tells its user."""

    def on_readable(self) -> None:
        """Read: bytes, the end, or an error may be there."""

    def on_drained(self) -> None:
        """Go on: all that had been kept for writing is out."""

    def on_fault(self, error: Exception) -> None:
        """End: a callback of this stream raised ``error``, a defect of ours."""


class Stream:
    """One connection; see the module's text.

    Attributes:
        fd: the descriptor, -1 once closed.
        on_readable: the handler's own, called by the reactor without a detour; while
            reading is paused, one that does nothing.
        paused: whether nothing is read, by the handler's wish or because of a hold.
        held: whether nothing is read whatever the handler wants.
        recv_into: as ``socket.recv_into``.
        broken: whether a send failed. Then nothing more is written, but what the
            other side had sent can still be read, up to its end.
    """

    __slots__ = (
        "_gathered",
        "_handler",
        "_interest",
        "_out",
        "_reactor",
        "_reads",
        "_send",
        "_socket",
        "broken",
        "fd",
        "held",
        "on_readable",
        "paused",
        "recv_into",
    )

    def __init__(
        self, reactor: Reactor, connected: socket.socket, handler: Handler
    ) -> None:
        self._reactor = reactor
        self._socket = connected
        self._out: bytearray | None = None
        self._gathered = False
        self._interest = READ
        # What the handler wants, which a hold overrules.
        self._reads = True
        self.held = False
        self.paused = False
        self._send: Send = connected.send
        self.recv_into: ReceiveInto = connected.recv_into
        self._handler = handler
        self.on_readable = handler.on_readable
        self.broken = False
        self.fd = connected.fileno()
        reactor.watch(self.fd, self, READ)

    @property
    def handler(self) -> Handler:
        """Who is told; may be replaced at any time (login, then session)."""
        return self._handler

    @handler.setter
    def handler(self, handler: Handler) -> None:
        self._handler = handler
        if not self.paused:
            self.on_readable = handler.on_readable

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self.fd < 0

    @property
    def backlog(self) -> int:
        """Bytes that the kernel did not take; ``on_drained`` tells when it has.

        What is merely gathered is no backlog: it will be offered, and if that goes
        well nobody is told.
        """
        return 0 if self._out is None or self._gathered else len(self._out)

    @property
    def encryption(self) -> str:
        """Give protocol and cipher, empty if it is not encrypted."""
        return ""

    @property
    def reactor(self) -> Reactor:
        """The reactor that serves it."""
        return self._reactor

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> bool:
        """Send at once what the kernel takes, and keep the rest.

        Returns:
            Whether nothing is kept.
        """
        if self._out is not None:
            self._append(self._out, data)
            return False
        if self.broken:
            return True
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._break()
            return True
        if sent == len(data):
            return True
        self._out = bytearray(memoryview(data)[sent:])
        self._want(self._interest | WRITE)
        return False

    def gather(self, data: bytes | bytearray | memoryview) -> None:
        """Send before the next poll, with all else gathered in this turn."""
        if self._out is not None:
            self._append(self._out, data)
        elif len(data) >= DIRECT_SIZE:
            self.write(data)
        elif not self.broken:
            self._out = bytearray(data)
            self._gathered = True
            self._reactor.gather(self)

    def _append(self, out: bytearray, data: bytes | bytearray | memoryview) -> None:
        out += data
        if self._gathered and len(out) >= GATHERED_SIZE:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered; called by the reactor."""
        out = self._out
        if out is None or not self._gathered:
            return
        self._gathered = False
        try:
            sent = self._send(out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._break()
            return
        if sent == len(out):
            self._out = None
        else:
            del out[:sent]
            self._want(self._interest | WRITE)

    def on_writable(self) -> None:
        """Send on; called by the reactor."""
        out = self._out
        if out is None:
            self._want(self._interest & ~WRITE)
            return
        try:
            sent = self._send(out)
        except BlockingIOError:
            return
        except OSError:
            self._break()
            return
        if sent != len(out):
            del out[:sent]
            return
        self._out = None
        self._want(self._interest & ~WRITE)
        self._handler.on_drained()

    def _break(self) -> None:
        """Take note that nothing can be written, and make sure the end is read."""
        self.broken = True
        self._out = None
        self._want(READ)

    # Reading

    def on_fault(self, error: Exception) -> None:
        """Pass on to the handler, and close; called by the reactor."""
        try:
            self._handler.on_fault(error)
        finally:
            # Left open, it would be ready again at once, and fail again.
            self.close()

    @property
    def abandoned(self) -> bool:
        """Whether reading is paused and the other side has gone meanwhile."""
        return self.fd >= 0 and self.paused and has_hung_up(self.fd)

    def pause(self) -> None:
        """Be told of nothing to read until :meth:`resume`."""
        self._reads = False
        if not self.broken:
            self._want(self._interest & ~READ)

    def resume(self) -> None:
        """Be told again, once no hold is in the way."""
        self._reads = True
        if not self.held:
            self._want(self._interest | READ)

    def hold(self) -> None:
        """Have nothing read until :meth:`release`, whatever the handler asks for."""
        self.held = True
        if not self.broken:
            self._want(self._interest & ~READ)

    def release(self) -> None:
        """End a hold; what the handler asked for last holds again."""
        self.held = False
        if self._reads:
            self._want(self._interest | READ)

    def _want(self, interest: int) -> None:
        old = self._interest
        if interest == old or self.fd < 0:
            return
        self._interest = interest
        self.paused = not interest & READ
        # The reactor calls it for a hang-up too, which cannot be unwatched.
        self.on_readable = self._handler.on_readable if interest & READ else _nothing
        if not interest:
            self._reactor.unwatch(self.fd)
        elif not old:
            self._reactor.watch(self.fd, self, interest)
        else:
            self._reactor.rewatch(self.fd, interest)

    def peek(self) -> bytes:
        """Give the first byte that is there, and leave it; BlockingIOError if none."""
        return self._socket.recv(1, socket.MSG_PEEK)

    # End

    def give_away(self) -> socket.socket:
        """Give the socket to somebody else, still open; the stream is closed then."""
        if self._interest:
            self._reactor.unwatch(self.fd)
        self.fd = -1
        self._out = None
        self.broken = True
        return self._socket

    def close(self) -> None:
        """Give the socket back; what the kernel does not take now is lost."""
        if self.fd < 0:
            return
        self.flush()
        if self._interest:
            self._reactor.unwatch(self.fd)
        self.fd = -1
        self._out = None
        self.broken = True
        self._socket.close()

    # The last: its name hides the module's behind it.

    @property
    def socket(self) -> socket.socket:
        """The socket, for its addresses and options."""
        return self._socket


def _nothing() -> None:
    """Leave what may be there to be read for later."""


class _Nobody:
    """The handler of a stream that nobody uses any more."""

    on_readable = staticmethod(_nothing)
    on_drained = staticmethod(_nothing)

    def on_fault(self, error: Exception) -> None:
        """Nothing is left to be ended."""


NOBODY: Final[Handler] = _Nobody()
