"""Startup packets that come again and again: applications send the same ones.

Nothing is remembered of who has not proved who it is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pgpool_py.client.startup_options import asked_parameters
from pgpool_py.settings import SessionStatePolicy, Settings
from pgwire.startup import StartupMessage, StartupPacket, parse_startup

#: Packets that are remembered, and the longest of them in bytes.
MOST: Final = 64
LONGEST: Final = 1024


def parameters_of(
    startup: StartupMessage, settings: Settings, policy: SessionStatePolicy
) -> Mapping[str, str]:
    """Give the parameters that are kept for a client.

    Raises:
        LoginError: one that is not supported.
    """
    asked = asked_parameters(
        startup.parameters,
        settings.track_extra_parameters,
        settings.ignore_startup_parameters,
        any_name=policy is not SessionStatePolicy.IGNORE,
    )
    return MappingProxyType(asked)


class Familiar:
    """Remembers what packets say, and which parameters they mean by these settings."""

    __slots__ = ("_known", "_settings")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[bytes, tuple[StartupMessage, Mapping[str, str]]] = {}

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._known)

    def read(self, packet: bytes) -> StartupPacket:
        """Read a packet; see ``parse_startup``."""
        found = self._known.get(packet)
        return parse_startup(packet) if found is None else found[0]

    def asked(
        self, startup: StartupMessage, settings: Settings
    ) -> Mapping[str, str] | None:
        """Give the parameters that are kept for such a client; None: not known."""
        if settings is not self._settings:
            self._settings = settings
            self._known.clear()
        found = self._known.get(startup.packet)
        return None if found is None else found[1]

    def remember(self, startup: StartupMessage, asked: Mapping[str, str]) -> None:
        """Remember the packet of a client that is in."""
        if len(startup.packet) <= LONGEST:
            self._known[startup.packet] = startup, asked
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
