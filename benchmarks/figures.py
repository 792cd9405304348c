"""The few statistics that interleaved runs are judged by."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity over all runs: median, quartiles, least and greatest."""

    median: float
    lower: float
    upper: float
    least: float
    greatest: float

    @property
    def spread(self) -> float:
        """Return (greatest - least) / median, the share by which runs differ."""
        if not self.median:
            return 0.0
        return (self.greatest - self.least) / abs(self.median)


def summarise(values: Sequence[float]) -> Figure:
    """Return the figure of one or more values; ValueError for none."""
    if not values:
        raise ValueError("no values to summarise")
    if len(values) == 1:
        return Figure(*[values[0]] * 5)
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Figure(median, lower, upper, min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Divide run by run: neighbours in time share what else the machine does.

    Runs where `theirs` is zero tell nothing and are left out.
    """
    return [a / b for a, b in zip(ours, theirs, strict=True) if b]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of them lie, nearest rank.

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
