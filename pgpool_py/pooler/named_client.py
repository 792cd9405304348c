"""What tells people which client is meant: whose it is, and where it comes from."""

from dataclasses import dataclass

from pgpool_py.client.session import ClientSession

from .client_views import application_of
from .pool import Pool


@dataclass(frozen=True, slots=True)
class NamedClient:
    """One client; what else is told of it stands behind.

    Attributes:
        user: as the client named it; the pool's is the servers'.
        number: as in SHOW CLIENTS.
    """

    database: str
    user: str
    number: int
    address: str
    port: int
    application_name: str


Names = tuple[str, str, int, str, int, str]


def names_of(client: ClientSession, pool: Pool) -> Names:
    """Give the fields of a NamedClient, in their order."""
    identity = client.identity
    return (
        identity.database,
        identity.user,
        identity.number,
        identity.visitor.address,
        identity.visitor.port,
        application_of(client, pool),
    )
