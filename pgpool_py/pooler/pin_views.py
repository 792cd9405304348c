"""Who keeps servers past the transaction, at one moment, as frozen data."""

from dataclasses import dataclass

from pgpool_py.client.session import ClientSession

from .named_client import NamedClient, names_of
from .pool import Pool
from .pooler import Pooler


@dataclass(frozen=True, slots=True)
class PinView(NamedClient):
    """One client that keeps its server, or may in a moment.

    Attributes:
        remote_pid: of the PostgreSQL backend; 0 while it has none.
        holds: what it keeps it for, in words; empty until its transaction is over.
        fingerprint: of the statement that did it, without literals.
        age: seconds since that statement.
    """

    remote_pid: int
    holds: tuple[str, ...]
    fingerprint: str
    age: float


def pins(pooler: Pooler) -> list[PinView]:
    """View all of them: by pool, the one that pinned first in front."""
    return [
        _pin(pool, client, since, fingerprint, pooler.now)
        for _, pool in sorted(pooler.pools.items())
        for client, since, fingerprint in _holders(pool)
    ]


def _holders(pool: Pool) -> list[tuple[ClientSession, float, str]]:
    return [
        (client, pin.since, pin.fingerprint)
        for client, pin in pool.pins.holders.items()
        if isinstance(client, ClientSession)
    ]


def _pin(
    pool: Pool, client: ClientSession, since: float, fingerprint: str, now: float
) -> PinView:
    return PinView(
        *names_of(client, pool),
        remote_pid=0 if client.server is None else client.server.pid,
        holds=client.holdings,
        fingerprint=fingerprint,
        age=now - since,
    )
