"""A limit that several pools share: servers of one database, or of one user."""


class Quota:
    """Counts what is in use against a limit; 0 means unlimited.

    Attributes:
        limit: may be replaced at any time.
        used: how many are in use.
    """

    __slots__ = ("limit", "used")

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self.used = 0

    @property
    def full(self) -> bool:
        """Whether one more would be above the limit."""
        return bool(self.limit) and self.used >= self.limit

    def add(self) -> None:
        """Count one more, whatever the limit says."""
        self.used += 1

    def remove(self) -> None:
        """Count one less."""
        if not self.used:
            raise ValueError("more given back than was taken")
        self.used -= 1
