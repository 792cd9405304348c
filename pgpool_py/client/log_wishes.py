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
        min_duration: seconds of exchanges that are told of; 0 is never.
        statement_text: their statements as they were sent.
        repeats: bounds how many lines of one kind there are.
    """

    disconnections: bool = True
    pooler_errors: bool = True
    min_duration: float = 0.0
    statement_text: bool = False
    repeats: Repeats = field(default_factory=Repeats)

    def follow(self, settings: Settings) -> None:
        """Take over what the settings say."""
        self.disconnections = settings.log_disconnections
        self.pooler_errors = settings.log_pooler_errors
        self.min_duration = settings.log_min_duration
        self.statement_text = settings.log_statement_text
