"""Where a benchmark's client connects, and as whom."""

from dataclasses import dataclass, field

from . import scram

# The same in server and poolers, so that a pooler may log in with what it stores.
SALT = b"benchmark's salt"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TCP address that speaks PostgreSQL's protocol, and a login for it."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)
    sslmode: str = "disable"

    @property
    def secret(self) -> str:
        """The SCRAM secret of the password, the same one every time."""
        return scram.secret(self.password, SALT)
