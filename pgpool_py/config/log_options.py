"""The settings of the log that PgBouncer does not have; see ``options``."""

from pgpool_py.settings import LogFormat

from .option import Option
from .values import Choice, Flag, Seconds

LOG = (
    Option(
        "log_format",
        Choice(LogFormat),
        "how lines of log file and stderr are written: PgBouncer's way, or as JSON",
        ours=True,
    ),
    Option(
        "log_min_duration",
        Seconds(),
        "time an exchange takes at which the log tells of it; 0 is never; when set, "
        "for clients that log in from then on",
        ours=True,
    ),
    Option(
        "log_statement_text",
        Flag(),
        "show its statement there as it was sent, not without its literals",
        ours=True,
    ),
)
