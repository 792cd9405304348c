"""SHUTDOWN, at once or when all servers or all clients are done."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pgpool_py.pooler.stopping import Stopping

from .desk import Desk
from .result import Done, Unanswered

MODES: Final[Mapping[str, Stopping]] = MappingProxyType(
    {
        "": Stopping.NOW,
        "wait_for_servers": Stopping.WAIT_FOR_SERVERS,
        "wait_for_clients": Stopping.WAIT_FOR_CLIENTS,
    }
)


def run(desk: Desk, how: Stopping) -> Done | Unanswered:
    """Shut down; only a shutdown that waits is answered."""

    def act() -> None:
        desk.pooler.shut_down(how)

    if how is Stopping.NOW:
        return Unanswered(act)
    return Done("SHUTDOWN", afterwards=act)
