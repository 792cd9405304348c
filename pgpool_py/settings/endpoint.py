"""An address and a port to listen on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of TCP; ``host`` is an IP address, a name, or ``*`` for all addresses."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
