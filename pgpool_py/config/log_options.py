"""The settings of the log that PgBouncer does not have; see ``options``."""

from pgpool_py.settings import LogFormat

from .option import Option
from .values import Choice

LOG = (
    Option(
        "log_format",
        Choice(LogFormat),
        "how lines of log file and stderr are written: PgBouncer's way, or as JSON",
        ours=True,
    ),
)
