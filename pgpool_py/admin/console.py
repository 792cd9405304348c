"""The console: database ``pgbouncer``, where the operator looks and gives orders."""

from collections.abc import Callable

from pgpool_py.client.identity import ClientIdentity
from pgpool_py.insight.advice import Advisor
from pgpool_py.net.stream import Stream
from pgpool_py.pooler.pooler import Pooler

from .commands.desk import Desk
from .session import ConsoleSession


class Console:
    """Opens console sessions; a pooler is built with it, and then attached to it.

    ``reload`` reads the configuration anew and takes it over; it raises ConfigError
    and changes nothing if there are faults. ``change`` gives one setting, its name in
    lower case, the value that a text says; it raises SettingError where it refuses.
    ``on_statistics`` gets the line of each period of statistics.
    """

    def __init__(
        self,
        reload: Callable[[], None],
        change: Callable[[str, str], None],
        on_statistics: Callable[[str], None] | None = None,
    ) -> None:
        self._reload = reload
        self._change = change
        self._on_statistics = on_statistics
        self._desk: Desk | None = None

    def attach(self, pooler: Pooler, advisor: Advisor | None = None) -> None:
        """Say which pooler this is about; once, before its first client."""
        self._desk = Desk(
            pooler, self._reload, self._change, self._on_statistics, advisor
        )
        pooler.watch(self._desk.tick)

    def __call__(
        self,
        stream: Stream,
        identity: ClientIdentity,
        *,
        admin: bool,
        on_closed: Callable[[], None],
    ) -> ConsoleSession:
        """Take over a client that has been told AuthenticationOk, and greet it.

        Args:
            stream: handled by the session from now on.
            identity: of the client.
            admin: whether it may do more than look.
            on_closed: called once, when the session is over.
        """
        if self._desk is None:
            raise RuntimeError("the console is attached to no pooler")
        return ConsoleSession(
            self._desk, stream, identity, admin=admin, on_closed=on_closed
        )
