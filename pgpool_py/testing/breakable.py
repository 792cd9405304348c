"""What a test can break between its pooler and PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from .faults import Direction
from .proxy import FaultProxy
from .running import RunningPooler

#: Seconds in which a pooler without server_login_retry answers by its last failure.
_PAUSE: Final = 0.01


class Breakable:
    """A pooler with a fault proxy behind it; all faults end with their `with` block."""

    def __init__(self, running: RunningPooler, proxy: FaultProxy) -> None:
        self._running = running
        self._proxy = proxy

    @contextmanager
    def break_servers(self) -> Iterator[None]:
        """Reset every connection to PostgreSQL that is open now."""
        self._proxy.reset()
        yield

    def freeze(self) -> AbstractContextManager[object]:
        """Let nothing pass to and from PostgreSQL, and close nothing."""
        return self._proxy.frozen()

    def delay(self, seconds: float) -> AbstractContextManager[object]:
        """Have every answer of PostgreSQL come so much later."""
        return self._proxy.delayed(seconds, Direction.TO_CLIENT)

    @contextmanager
    def refuse_logins(self) -> Iterator[None]:
        """Refuse new connections to PostgreSQL; the open ones go on."""
        with self._proxy.refusing():
            yield
        time.sleep(_PAUSE)

    @contextmanager
    def exhaust(self) -> Iterator[None]:
        """Lend no server, as if all were busy: clients wait, query_wait_timeout."""
        self._running.call(lambda pooler: pooler.pause())
        try:
            yield
        finally:
            self._running.call(lambda pooler: pooler.resume())

    @contextmanager
    def restart(self) -> Iterator[None]:
        """Be as PostgreSQL that is down within, and up again afterwards."""
        with self.refuse_logins():
            self._proxy.reset()
            yield
