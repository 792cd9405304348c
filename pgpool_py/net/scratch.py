"""The buffer that all sockets of one loop are read into, one after the other."""

from typing import Final

# What one read may bring, behind what the last one left of a message.
READ_SIZE: Final = 64 * 1024


class Scratch:
    """A reused receive buffer: what it holds is good until the next read of anyone.

    Attributes:
        buffer: ``carry`` bytes that a reader kept from last time, then what it reads.
        view: the same memory, for slices that copy nothing.
    """

    __slots__ = ("buffer", "view")

    def __init__(self, carry: int) -> None:
        self.buffer = bytearray(carry + READ_SIZE)
        self.view = memoryview(self.buffer)
