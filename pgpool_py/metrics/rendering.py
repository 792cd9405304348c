"""Snapshots to text: what somebody who can do that looks like."""

from enum import StrEnum
from typing import Protocol

from pgpool_py.insight.snapshot import PoolerSnapshot


class Format(StrEnum):
    """The formats of metrics, by the content type that is answered."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def negotiate(accept: str) -> Format:
    """Give the format for an Accept header, which may be anything.

    Prometheus names OpenMetrics if it wants that; versions and weights are not looked
    at, for there is one version of each, and no third format.
    """
    for accepted in accept.lower().split(","):
        if accepted.partition(";")[0].strip() == "application/openmetrics-text":
            return Format.OPENMETRICS
    return Format.TEXT


class Exposition(Protocol):
    """Renders snapshots; in any thread."""

    def render(self, snapshot: PoolerSnapshot, wanted: Format) -> bytes:
        """Give the metrics in a format."""
