"""Who takes part in a case, and whose figures are divided by whose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .ours import NAME as OURS
from .pgbouncer import NAME as PGBOUNCER

DIRECT: Final = "direct"
OFF: Final = "off"
AUTO: Final = "auto"
BARE: Final = "bare"
WATCHED: Final = "watched"
IGNORE: Final = "ignore"
TRACK: Final = "track"


@dataclass(frozen=True, slots=True)
class Contest:
    """The targets in their turns; what is owed is held against `ours` / `other`.

    `told`: what each target is told, where all of them are our pooler.
    """

    targets: tuple[str, ...]
    ours: str
    other: str
    told: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    @property
    def ratio(self) -> str:
        """What the ratio is called."""
        return f"{self.ours} / {self.other}"


#: Poolers beside each other, and PostgreSQL itself.
BESIDE_PGBOUNCER: Final = Contest((DIRECT, PGBOUNCER, OURS), OURS, PGBOUNCER)

#: Our pooler with `multiplexing` and without.
WITH_ITSELF: Final = Contest(
    (OFF, AUTO), AUTO, OFF, {name: {"multiplexing": name} for name in (OFF, AUTO)}
)

#: Our pooler that keeps the session state of its clients, and that looks at none.
KEEPING_STATE: Final = Contest(
    (IGNORE, TRACK),
    TRACK,
    IGNORE,
    {name: {"session_state": name} for name in (IGNORE, TRACK)},
)

#: Our pooler with nobody who looks at it, and with all that can.
UNDER_WATCH: Final = Contest(
    (BARE, WATCHED),
    WATCHED,
    BARE,
    {
        BARE: {
            "leak_detection_threshold": "0",
            "alert_utilisation": "0",
            "alert_wait": "0",
        },
        # Its port is chosen at the start.
        WATCHED: {
            "http_listen": "",
            "leak_detection_threshold": "60",
            "alert_utilisation": "0.8",
            "alert_wait": "5",
        },
    },
)

#: All there are, in the order in which they are told.
CONTESTS: Final = (BESIDE_PGBOUNCER, WITH_ITSELF, KEEPING_STATE, UNDER_WATCH)
