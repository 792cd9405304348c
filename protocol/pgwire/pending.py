"""What a client has sent and no server got yet."""

from abc import ABC

from .naming import Naming
from .statement import StatementBook


class Pending(Naming, ABC):
    """See the module's text; Requests is one.

    Attributes:
        pending: all of it, None if nothing. One exchange that has come alone is kept as
            it came; a buffer is made of it when more comes.
    """

    __slots__ = ("pending",)

    def __init__(self, book: StatementBook) -> None:
        super().__init__(book)
        self.pending: bytes | bytearray | None = None

    def keep(self, data: memoryview) -> None:
        """Put this behind what is pending."""
        pending = self._growing()
        pending += data
        self.pending = pending

    def take(self) -> bytes | bytearray | None:
        """Give what is pending, and forget it."""
        pending, self.pending = self.pending, None
        return pending

    def drop(self, size: int) -> None:
        """Forget so many bytes at the beginning of what is pending."""
        pending = self.pending
        if pending is None or size >= len(pending):
            # An idle client has no buffer of its own.
            self.pending = None
        elif size:
            pending = self._growing()
            del pending[:size]
            self.pending = pending

    def _growing(self) -> bytearray:
        """Give what is pending as a buffer; one exchange alone is none."""
        pending = self.pending
        return pending if isinstance(pending, bytearray) else bytearray(pending or b"")
