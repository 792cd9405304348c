"""Whether any server can be reached, where readiness depends on that.

One that is connected proves it. While none is, the hosts of [databases] are connected
to, without a login: a pooler that is not ready gets no clients, so that nobody else
would find out. PostgreSQL logs who leaves without a word where ``log_connections`` is
on; so that is asked seldom while it goes well.
"""

from functools import partial
from typing import Final

from pgpool_py.server.opening import place_text
from pgpool_py.server.reaching import NotReached, Reached, Reaching
from pgpool_py.settings import DEFAULT_SERVER_PORT, FALLBACK_SOCKET_DIR, Settings

from .pooler import Pooler

# Seconds from the end of one round to the next: where none was reached, or one was. For
# as long as the latter the former holds after a loss, too: a PostgreSQL that stops ends
# its clients first, and takes new ones a moment longer.
PAUSE: Final = 1.0
CALM: Final = 10.0
# Seconds until a round is given up.
PATIENCE: Final = 5.0
# In one round; more databases than that rarely mean more hosts.
MOST_HOSTS: Final = 16

UNKNOWN: Final = "no server has been reached yet"

Where = tuple[str, int]


class Reachability:
    """See the module's text; :meth:`tick` it several times a second.

    Attributes:
        why_not: why no server can be reached; empty if one can, or nobody asks.
    """

    __slots__ = (
        "_asked_by",
        "_attempts",
        "_failures",
        "_pooler",
        "_since",
        "_wary_until",
        "why_not",
    )

    def __init__(self, pooler: Pooler) -> None:
        self._pooler = pooler
        self._attempts: dict[Where, Reaching] = {}
        self._failures: list[str] = []
        self._since = self._wary_until = pooler.now - PAUSE
        # The settings by which was asked last; others may name other hosts.
        self._asked_by: Settings | None = None
        self.why_not = UNKNOWN if pooler.settings.readiness_needs_server else ""

    def tick(self) -> None:
        """Look whether a server is connected; if not, whether one could be."""
        now = self._pooler.now
        if not self._pooler.settings.readiness_needs_server or self._is_connected:
            # The loss of the last one may be the loss of all: that is asked at once.
            self._since = now - CALM
            self._wary_until = now + CALM
            self._reached()
            return
        if self._attempts:
            if now - self._since >= PATIENCE:
                self._give_up()
        elif now - self._since >= self._pause:
            self._since = now
            self._begin()

    @property
    def _pause(self) -> float:
        pooler = self._pooler
        calm = not self.why_not and self._asked_by is pooler.settings
        return CALM if calm and pooler.now >= self._wary_until else PAUSE

    @property
    def _is_connected(self) -> bool:
        return any(pool.books.connected for pool in self._pooler.pools.values())

    def _begin(self) -> None:
        context = self._pooler.context
        self._failures.clear()
        self._asked_by = self._pooler.settings
        for where in hosts(self._asked_by):
            self._attempts[where] = Reaching(
                context.reactor,
                context.tcp_options,
                where,
                tls=None,
                handler=self,
                then=partial(self._on_outcome, where),
            )
        # Each may end at once, and the first success ends all.
        for reaching in list(self._attempts.values()):
            reaching.start(context.resolver)

    def _on_outcome(self, where: Where, outcome: Reached | NotReached) -> None:
        self._attempts.pop(where, None)
        if isinstance(outcome, Reached):
            outcome.stream.close()
            self._reached()
            return
        self._failures.append(f"{place_text(*where)}: {outcome.text}")
        if not self._attempts:
            self._not_reached()

    def _give_up(self) -> None:
        late = [place_text(*where) for where in self._attempts]
        self.stop()
        self._failures += [
            f"{address}: no answer in {PATIENCE:g} s" for address in late
        ]
        self._not_reached()

    def _reached(self) -> None:
        self.why_not = ""
        if self._attempts:
            self.stop()

    def _not_reached(self) -> None:
        self._since = self._pooler.now
        self.why_not = f"no server can be reached: {'; '.join(self._failures)}"

    def stop(self) -> None:
        """Leave nothing open."""
        for reaching in self._attempts.values():
            reaching.cancel()
        self._attempts.clear()

    # Nothing is said to a server, and nothing is heard from it

    def on_readable(self) -> None:
        """See Handler."""

    def on_drained(self) -> None:
        """See Handler."""

    def on_fault(self, error: Exception) -> None:
        """See Handler."""


def hosts(settings: Settings) -> list[Where]:
    """Give the hosts and ports of all databases, each once."""
    default = (settings.unix_socket_dir or FALLBACK_SOCKET_DIR,)
    found = {
        (host, database.port or DEFAULT_SERVER_PORT): None
        for database in settings.databases.values()
        for host in database.host or default
    }
    return list(found)[:MOST_HOSTS]
