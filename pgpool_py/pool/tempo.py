"""How deep exchanges may be sent behind each other: less where that did not pay.

An exchange that had to be taken back was sent in vain. Where more than one in twenty
is, the depth is halved; each calm second it grows by one.
"""

from typing import Final

# Of the exchanges of the last second.
_MOST_TAKEN_BACK: Final = 0.05
_INTERVAL: Final = 1.0


class Tempo:
    """See the module's text.

    Attributes:
        depth: how many exchanges may be in flight on one server now.
        most: how many may ever be.
    """

    __slots__ = ("_followed", "_since", "_taken_back", "depth", "most")

    def __init__(
        self, most: int, now: float, followed: int = 0, taken_back: int = 0
    ) -> None:
        self.depth = self.most = most
        self._since = now
        self._followed, self._taken_back = followed, taken_back

    def limit(self, most: int) -> None:
        """Take over another limit; what was found out about the depth stays."""
        self.depth = most if self.depth == self.most else min(self.depth, most)
        self.most = most

    def tick(self, now: float, followed: int, taken_back: int) -> None:
        """Draw the conclusion, if a second is over.

        Args:
            now: in seconds.
            followed: how many exchanges were ever sent behind others.
            taken_back: how many of them had to be taken back.
        """
        if now - self._since < _INTERVAL:
            return
        in_vain = taken_back - self._taken_back
        if in_vain > (followed - self._followed) * _MOST_TAKEN_BACK:
            self.depth = max(1, self.depth // 2)
        else:
            self.depth = min(self.most, self.depth + 1)
        self._since, self._followed, self._taken_back = now, followed, taken_back
