"""What a pool's clients LISTEN to: a server for all of them, and what each gets.

There is one server for each client encoding that is in use, for channels and payloads
are in the encoding of the session that listens.
"""

from pgpool_py.listen.subscription import ListenLimits, Recipient, Subscription
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.opening import Opening
from pgpool_py.settings import Settings

from .context import Context
from .destinations import Destinations
from .listen_opener import Home
from .listen_server import ListenServer


class Notifications:
    """Those of one pool; see the module's text.

    Attributes:
        limits: on each client.
    """

    __slots__ = (
        "_context",
        "_destinations",
        "_home",
        "_listening",
        "limits",
    )

    def __init__(
        self, context: Context, home: Home, destinations: Destinations
    ) -> None:
        self._context = context
        self._home = home
        self._destinations = destinations
        self._listening: dict[str, ListenServer] = {}
        self.limits = ListenLimits(0, 0)
        self.follow(context.settings)

    def follow(self, settings: Settings) -> None:
        """Take over new limits."""
        self.limits.channels = settings.max_listen_channels
        self.limits.buffer = settings.notification_buffer_limit

    def subscribe(self, client: Recipient, encoding: str = "") -> Subscription:
        """Give a client what it listens by, which it must end.

        ``encoding`` is its ``client_encoding``, empty if that is the pool's own.
        """
        listening = self._listening.get(encoding)
        if listening is None:
            listening = self._listening[encoding] = ListenServer(
                self._context, self._home, self._destinations, encoding
            )
        return listening.subscribe(client, self.limits)

    # For all who look

    @property
    def empty(self) -> bool:
        """Whether there is no server, and none to come."""
        return not self.servers and not self.openings

    @property
    def servers(self) -> list[ServerConnection]:
        """Give the servers that listen."""
        found = (listening.server for listening in self._listening.values())
        return [server for server in found if server is not None]

    @property
    def openings(self) -> list[Opening]:
        """Give those that are being opened."""
        found = (listening.opener.opening for listening in self._listening.values())
        return [opening for opening in found if opening is not None]

    @property
    def spare(self) -> list[ServerConnection]:
        """Give the servers on which nobody listens any more."""
        found = (listening.spare for listening in self._listening.values())
        return [server for server in found if server is not None and not server.closed]

    # Time and end

    def maintain(self, now: float) -> None:
        """Do what is limited in time."""
        for encoding, listening in list(self._listening.items()):
            listening.maintain(now)
            if encoding and listening.unused:
                # Clients choose the name: what was kept for each would have no bound.
                del self._listening[encoding]

    def close(self, reason: Reason) -> None:
        """Close all; they are opened anew where servers may be and somebody listens."""
        for listening in list(self._listening.values()):
            listening.close(reason)
