"""What is counted, and frozen copies of it."""

from .counters import Counters, Snapshot
from .histogram import BOUNDS, Distribution, Histogram
from .multiplexed import MultiplexedCounts
from .tallies import OTHER, Tallied, Tallies, Tally

__all__ = [
    "BOUNDS",
    "OTHER",
    "Counters",
    "Distribution",
    "Histogram",
    "MultiplexedCounts",
    "Snapshot",
    "Tallied",
    "Tallies",
    "Tally",
]
