"""How the ends of a connection, what uses it, and times are shown to people."""

import time
from collections.abc import Mapping
from typing import Final

from pgpool_py.net.address import Address, own_address
from pgpool_py.net.stream import Stream

from .pool import Pool

UNIX: Final = "unix"


def both_ends(peer: Address, stream: Stream, pool: Pool) -> list[tuple[str, int]]:
    """Give address and port of the server's end, and of ours."""
    shown = _shown(peer, pool)
    if shown[0] == UNIX or stream.closed:
        return [shown, shown]
    return [shown, _shown(own_address(stream.socket), pool)]


def _shown(address: Address, pool: Pool) -> tuple[str, int]:
    if isinstance(address, str):
        return UNIX, pool.settings.target.port
    return address


def name_of_application(*where: Mapping[str, str]) -> str:
    """Give the application's name from the first of these that has one."""
    return next((x["application_name"] for x in where if "application_name" in x), "")


def epoch_offset() -> float:
    """Give what turns the reactor's clock into seconds since the epoch."""
    return time.time() - time.monotonic()
