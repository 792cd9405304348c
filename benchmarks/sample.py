"""What one run of one case on one target yields."""

from collections.abc import Mapping
from enum import Enum


class Metric(Enum):
    """A measured quantity: its label, its unit, and the digits worth printing."""

    THROUGHPUT = ("throughput", "1/s", 0)
    READS = ("throughput of reads beside", "1/s", 0)
    VOLUME = ("volume", "MB/s", 0)
    LATENCY = ("latency average", "ms", 3)
    MEDIAN = ("latency median", "ms", 3)
    P99 = ("latency p99", "ms", 3)
    LONGEST = ("latency greatest", "medians", 1)
    SLOW = ("latency p99 of the slow", "ms", 1)
    CPU_USER = ("pooler CPU user", "µs/tx", 1)
    CPU_SYSTEM = ("pooler CPU system", "µs/tx", 1)
    CPU = ("pooler CPU", "µs/tx", 1)
    CPU_VOLUME = ("pooler CPU", "µs/MB", 0)
    MEMORY_LOGIN = ("memory after login", "B/client", 0)
    MEMORY_QUERY = ("memory after a query", "B/client", 0)
    MEMORY_BURST = ("memory after a burst", "B/client", 0)

    def __init__(self, label: str, unit: str, digits: int) -> None:
        self.label = label
        self.unit = unit
        self.digits = digits


Sample = Mapping[Metric, float]
