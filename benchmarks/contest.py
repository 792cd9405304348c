"""Who takes part in a case, and whose figures are divided by whose."""

from dataclasses import dataclass
from typing import Final

from .ours import NAME as OURS
from .pgbouncer import NAME as PGBOUNCER

DIRECT: Final = "direct"
OFF: Final = "off"
AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class Contest:
    """The targets in their turns; what is owed is held against `ours` / `other`."""

    targets: tuple[str, ...]
    ours: str
    other: str

    @property
    def ratio(self) -> str:
        """What the ratio is called."""
        return f"{self.ours} / {self.other}"


#: Poolers beside each other, and PostgreSQL itself.
BESIDE_PGBOUNCER: Final = Contest((DIRECT, PGBOUNCER, OURS), OURS, PGBOUNCER)

#: Our pooler with `multiplexing` and without.
WITH_ITSELF: Final = Contest((OFF, AUTO), AUTO, OFF)
