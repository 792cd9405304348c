"""Replies that are for us, collected up to a limit."""


class Collected:
    """See the module's text.

    Args:
        most: bytes that are kept.

    Attributes:
        data: what has come; nothing of it once it was more than that.
        overflown: whether it was.
    """

    __slots__ = ("_most", "data", "overflown")

    def __init__(self, most: int) -> None:
        self._most = most
        self.data = bytearray()
        self.overflown = False

    def add(self, data: memoryview) -> None:
        """Take what has come."""
        if len(self.data) + len(data) > self._most:
            self.overflown = True
            self.data.clear()
        elif not self.overflown:
            self.data += data
