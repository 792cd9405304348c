"""What a client at the door needs to be told by the pooler."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pgpool_py.auth.rules import Certificate
from pgpool_py.errors import PoolerError
from pgpool_py.log import Fact
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.statistics import Tallies
from pgwire.client_login import ClientLogin
from pgwire.startup import CancelRequest, StartupMessage

from .log_wishes import LogWishes


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class Visitor:
    """Who stands at the door, before it has said a name.

    Attributes:
        number: unique in this process.
        address, port: of the client; ``unix`` and the listening port for a unix socket.
        accepted: by the reactor's clock.
        connected: in seconds since the epoch.
        uid: the system user at the other end of a unix socket, None if not known.
        wishes: what the log is to have.
        tallies: of all at the door.
    """

    number: Final[int]
    address: Final[str]
    port: Final[int]
    local_address: Final[str]
    local_port: Final[int]
    accepted: Final[float]
    connected: Final[float] = field(repr=False)
    uid: Final[int | None] = None
    wishes: Final[LogWishes] = field(default_factory=LogWishes, repr=False)
    tallies: Final[Tallies] = field(default_factory=Tallies, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it came by a unix socket, where there is no TLS."""
        return self.address == "unix"

    def __str__(self) -> str:
        where = f"{self.address}:{self.port}"
        return f"C-0x{self.number:x}: (nodb)/(nouser)@{where}"

    def facts(self) -> dict[str, Fact]:
        """Give what is known of it; see Subject."""
        return {
            "client": f"0x{self.number:x}",
            "client_addr": self.address,
            "client_port": self.port,
        }


def claims(startup: StartupMessage | None) -> dict[str, Fact]:
    """Give what a client says of itself, for the log."""
    if startup is None:
        return {}
    return {
        "database": startup.database,
        "user": startup.user,
        "application_name": startup.parameters.get("application_name", ""),
    }


class AtDoor(Protocol):
    """A client at the door, as whoever lets it in sees it.

    Attributes:
        visitor: who it is.
    """

    visitor: Visitor

    @property
    def encryption(self) -> str:
        """Give protocol and cipher of TLS, empty if there is none."""

    @property
    def certificate(self) -> Certificate | None:
        """Give the names of its certificate, if it has one that was verified."""

    @property
    def entering(self) -> bool:
        """Whether it has proved itself and waits for a server."""

    def arrived(self) -> None:
        """It is in: somebody else has its stream now."""

    def reconsider(self) -> None:
        """What it has to prove may be something else now: settings were read again."""

    def refuse(self, reason: Reason, error: PoolerError) -> None:
        """It may not come in; it is told why, and closed."""


class Proof(Protocol):
    """How one visitor has to prove who it is."""

    def begin(self, then: Callable[[ClientLogin | PoolerError], None]) -> None:
        """Find out; ``then`` gets the authentication, or why it is refused.

        At once or later: its secret may have to be looked up in PostgreSQL.
        """

    def drop(self) -> None:
        """Find out no more: the visitor is gone. ``then`` is not called any more."""

    def renew(self) -> PoolerError | None:
        """Go by the settings of now, which were read again.

        Returns:
            Why the visitor is refused, who was asked for what counts no longer; None
            if what was found out still holds, or is found out anew for ``then``.
        """


class Entry(Protocol):
    """One visitor on its way in, as the door leads it."""

    @property
    def proof(self) -> Proof:
        """Give what it has to prove before it may enter."""

    def enter(self, stream: Stream, last: bytes) -> None:
        """Go on: it has proved who it is.

        ``last`` ends its authentication, and goes out in front of what it is told next,
        in one piece if that is known: each wakes the client. ``arrived`` or ``refuse``
        follows, at once or later.
        """

    def leave(self) -> None:
        """Forget it: it is gone, or was refused."""


class Door(Protocol):
    """Who decides about visitors."""

    @property
    def scratch(self) -> Scratch:
        """Give the buffer that all sockets are read into."""

    @property
    def newest_minor(self) -> int:
        """Give the newest minor of protocol 3 that is spoken."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Give what TLS is like for clients; None if there is none."""

    @property
    def requires_tls(self) -> bool:
        """Whether nobody may log in over TCP without TLS."""

    def take_turn(self, arrival: AtDoor, work: Callable[[], None]) -> None:
        """Do slow work for this visitor when its turn has come; not if it is gone."""

    def open(self, arrival: AtDoor, startup: StartupMessage) -> Entry:
        """Decide how a visitor has to prove itself.

        Raises:
            PoolerError: it is refused.
        """

    def cancel(self, request: CancelRequest, stream: Stream, visitor: Visitor) -> bool:
        """Pass a cancel request on to the client that it names, if there is one.

        Returns:
            Whether the stream it came by is kept, and no longer the arrival's.
        """

    def on_gone(self, arrival: AtDoor) -> None:
        """A visitor is in, or gone."""
