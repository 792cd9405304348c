"""The fault proxy: it stands between two programs and spoils what passes."""

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from .door import Door
from .errors import ProxyClosedError
from .faults import Break, Condition, Direction, Ending, On, Scope
from .selector_thread import SelectorThread
from .switchboard import Switchboard
from .target import Where, find

#: Bytes that are kept for each direction of each connection. A delay of d seconds
#: lets through this many bytes every d seconds.
BUFFER: Final = 1 << 20


class ActiveFault:
    """A fault that is in force until `end`, or until the end of a `with` block."""

    def __init__(self, lift: Callable[[], None]) -> None:
        self._lift = lift
        self._lock = threading.Lock()
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Lift it; it is lifted when this returns. Again, it does nothing."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        # All faults end with their proxy.
        with contextlib.suppress(ProxyClosedError):
            self._lift()


class FaultProxy:
    """A TCP proxy in a thread of its own; constructed, it serves on a free port.

    Without faults bytes, ends and resets pass as they come. Each fault is in force
    when its method returns. What was sent to the proxy before is passed on first
    (up to 64 KiB at once, and as far as other faults allow), so that a test needs no
    pause between sending and a fault. What `cut`, `reset` and their like find under
    way in the proxy is lost.

    Faults that last return an `ActiveFault`; several at once add up. All methods may
    be called from any thread.

    Args:
        target: where to connect to, host and port or the path of a unix socket.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        buffer: bytes kept for each direction of each connection; a sender that is
            faster has to wait, as it would without the proxy.

    Raises:
        OSError: the port is taken, or the target's name has no address.

    Attributes:
        host: the address that it listens on.
        port: the port that it listens on.
    """

    def __init__(
        self,
        target: Where,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        buffer: int = BUFFER,
    ) -> None:
        where = find(target)
        door = Door(host, port)
        self.host: str = door.host
        self.port: int = door.port
        self._thread = SelectorThread(f"fault proxy {door.port}")
        self._board = self._thread.call(
            lambda: Switchboard(self._thread, door, where, buffer)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and the port, and end the thread. Again, nothing.

        Raises:
            ProxyClosedError: the thread had failed; its exception is the cause.
        """
        try:
            self._thread.call(self._board.close)
        except ProxyClosedError:
            # The thread is gone; nobody else is at the board.
            self._board.close()
        self._thread.stop()

    # What there is

    def connections(self) -> tuple[int, ...]:
        """Return the numbers of the open connections, counted from 1, by age."""
        return self._thread.call(lambda: self._board.connections)

    def passed(self, direction: Direction = Direction.BOTH) -> int:
        """Return how many bytes were passed on so far, over all connections."""
        return self._thread.call(lambda: self._board.passed(direction))

    # Ends

    def cut(self, on: On = Scope.PRESENT) -> None:
        """Close both sides of connections with FIN."""
        self._thread.call(lambda: self._board.end(Ending.CUT, on))

    def reset(self, on: On = Scope.PRESENT) -> None:
        """Close both sides of connections with RST."""
        self._thread.call(lambda: self._board.end(Ending.RESET, on))

    def half_close(self, direction: Direction, on: On = Scope.PRESENT) -> None:
        """End one direction of connections: its reader sees the end of the input.

        The other direction goes on. What still comes to the ended one is thrown away.
        """
        self._thread.call(lambda: self._board.half_close(direction, on))

    def cut_after(
        self, count: int, direction: Direction, on: On = Scope.ALL
    ) -> ActiveFault:
        """Cut each connection after so many more bytes of this direction."""
        return self._break(Break(count, Ending.CUT), direction, on)

    def reset_after(
        self, count: int, direction: Direction, on: On = Scope.ALL
    ) -> ActiveFault:
        """Reset each connection after so many more bytes of this direction.

        The bytes arrive before the RST, unless their reader's window is full.
        """
        return self._break(Break(count, Ending.RESET), direction, on)

    # Conditions

    def frozen(
        self, direction: Direction = Direction.BOTH, on: On = Scope.ALL
    ) -> ActiveFault:
        """Let nothing pass and close nothing; at its end all goes on unharmed."""
        return self._enforce(Condition(frozen=True), direction, on)

    def delayed(
        self,
        seconds: float,
        direction: Direction = Direction.BOTH,
        on: On = Scope.ALL,
    ) -> ActiveFault:
        """Pass everything on so much later; a round trip takes twice that.

        What came meanwhile keeps its delay and its order at the end.
        """
        _demand(seconds >= 0, f"a delay of {seconds:g} s is negative")
        return self._enforce(Condition(delay=seconds), direction, on)

    def trickling(
        self,
        pause: float = 0.0002,
        direction: Direction = Direction.BOTH,
        on: On = Scope.ALL,
    ) -> ActiveFault:
        """Pass on one byte at a time, with so many seconds between two of them."""
        _demand(pause > 0, f"a pause of {pause:g} s between two bytes is too short")
        return self._enforce(Condition(pause=pause), direction, on)

    def swallowing(
        self, direction: Direction = Direction.BOTH, on: On = Scope.ALL
    ) -> ActiveFault:
        """Read what comes and throw it away; ends and resets still pass.

        Afterwards bytes are missing in the middle, which TCP itself never does:
        `reset` the connections first where that is not wanted.
        """
        return self._enforce(Condition(swallowing=True), direction, on)

    def refusing(self) -> ActiveFault:
        """Refuse new connections (ECONNREFUSED); the open ones go on."""
        self._thread.call(self._board.refuse)
        return ActiveFault(lambda: self._thread.call(self._board.admit))

    def _break(self, fault: Break, direction: Direction, on: On) -> ActiveFault:
        _demand(fault.after >= 0, f"a count of {fault.after} bytes is negative")
        return self._enforce(fault, direction, on)

    def _enforce(
        self, fault: Condition | Break, direction: Direction, on: On
    ) -> ActiveFault:
        rule = self._thread.call(lambda: self._board.enforce(fault, direction, on))
        return ActiveFault(lambda: self._thread.call(lambda: self._board.lift(rule)))


def _demand(is_right: bool, otherwise: str) -> None:
    if not is_right:
        raise ValueError(otherwise)
