"""What is counted, and frozen copies of it."""

from .counters import Counters, Snapshot
from .exchanges import MOST_UNSORTED, SIZE_BOUNDS, Exchanged, Exchanges
from .histogram import BOUNDS, Distribution, Histogram
from .multiplexed import MultiplexedCounts
from .tallies import OTHER, Tallied, Tallies, Tally

__all__ = [
    "BOUNDS",
    "MOST_UNSORTED",
    "OTHER",
    "SIZE_BOUNDS",
    "Counters",
    "Distribution",
    "Exchanged",
    "Exchanges",
    "Histogram",
    "MultiplexedCounts",
    "Snapshot",
    "Tallied",
    "Tallies",
    "Tally",
]
