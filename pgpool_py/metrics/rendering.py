"""Snapshots to text: what somebody who can do that looks like."""

from dataclasses import dataclass
from typing import Protocol

from pgpool_py.insight.snapshot import PoolerSnapshot


@dataclass(frozen=True, slots=True)
class Rendered:
    """Metrics as text, in the format that was negotiated."""

    body: bytes
    content_type: str


class Exposition(Protocol):
    """Renders snapshots; in any thread."""

    def render(self, snapshot: PoolerSnapshot, accept: str) -> Rendered:
        """Give the metrics in the best format that an Accept header asks for."""
