"""What the log calls a server."""

from dataclasses import dataclass

from pgpool_py.log import Fact


@dataclass(frozen=True, slots=True)
class ServerSubject:
    """A server, or one that is being opened; see Subject.

    Attributes:
        database, user: of its pool.
        address: host and port, or socket path.
        number: its own; 0 of one that is being opened.
        pid: of its backend.
    """

    database: str
    user: str
    address: str
    number: int = 0
    pid: int = 0

    def __str__(self) -> str:
        number = f"-0x{self.number:x}" if self.number else ""
        return f"S{number}: {self.database}/{self.user}@{self.address}"

    def facts(self) -> dict[str, Fact]:
        """Give what is known of it."""
        facts: dict[str, Fact] = {
            "server_addr": self.address,
            "database": self.database,
            "user": self.user,
        }
        if self.number:
            facts |= {"server": f"0x{self.number:x}", "backend_pid": self.pid}
        return facts
