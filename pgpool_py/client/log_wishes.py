"""Which lines about clients the log is to have."""

from dataclasses import dataclass, field

from pgpool_py.settings import Settings

from .failures import Failures


@dataclass(slots=True)
class LogWishes:
    """Shared by all clients of a pooler; a reload changes it.

    Attributes:
        disconnections: each close, with its reason.
        pooler_errors: each error of ours that a client is told.
        failures: bounds how many failed logins are told of.
    """

    disconnections: bool = True
    pooler_errors: bool = True
    failures: Failures = field(default_factory=Failures)

    def follow(self, settings: Settings) -> None:
        """Take over what the settings say."""
        self.disconnections = settings.log_disconnections
        self.pooler_errors = settings.log_pooler_errors
