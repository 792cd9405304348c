"""What became of exchanges that could share a server."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(slots=True)
class MultiplexedCounts:
    """Of one pool; only grows.

    Attributes:
        shared: sent behind others.
        deepest: most that were in flight on one server.
        taken_back: of these, run elsewhere, for what was in front needed its server.
        impatient: of these, because the server was silent, or another one idle.
        rerun: run again elsewhere, for the server was lost.
        refused: not sent behind others, for they may not be run twice.
        alone: not, for their session is tied, or the text too long or not alone.
        slow: not, for their like has kept others waiting.
        no_room: could have been, but no server had room for them.
    """

    shared: int = 0
    deepest: int = 0
    taken_back: int = 0
    impatient: int = 0
    rerun: int = 0
    refused: int = 0
    alone: int = 0
    slow: int = 0
    no_room: int = 0

    def add(self, other: Self) -> None:
        """Add field by field, but for the depth."""
        deepest = max(self.deepest, other.deepest)
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))
        self.deepest = deepest
