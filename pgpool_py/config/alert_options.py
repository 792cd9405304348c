"""The settings of what is reported by itself, all of them ours; see ``options``."""

from .option import Option
from .share import Share
from .values import Seconds

ALERTS = (
    Option(
        "leak_detection_threshold",
        Seconds(),
        "time idle in transaction at which a client is reported; 0 is never",
        ours=True,
    ),
    Option(
        "alert_utilisation",
        Share(),
        "part of pool_size in use above which an alert begins; 0 is never",
        ours=True,
    ),
    Option(
        "alert_utilisation_time",
        Seconds(),
        "for how long it must be so",
        ours=True,
    ),
    Option(
        "alert_wait",
        Seconds(),
        "wait of a client at which an alert begins; 0 is never",
        ours=True,
    ),
)
