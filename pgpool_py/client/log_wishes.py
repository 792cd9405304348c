"""Which lines about clients the log is to have."""

from dataclasses import dataclass, field

from pgpool_py.settings import Settings

from .repeats import Repeats


@dataclass(slots=True)
class LogWishes:
    """Shared by all clients of a pooler; a reload changes it.

    Attributes:
        disconnections: each close, with its reason.
        pooler_errors: each error of ours that a client is told.
        repeats: bounds how many lines of one kind there are.
    """

    disconnections: bool = True
    pooler_errors: bool = True
    repeats: Repeats = field(default_factory=Repeats)

    def follow(self, settings: Settings) -> None:
        """Take over what the settings say."""
        self.disconnections = settings.log_disconnections
        self.pooler_errors = settings.log_pooler_errors
