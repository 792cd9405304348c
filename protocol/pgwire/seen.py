"""What a glance has let pass: simple Queries, known again whatever their numbers.

To a glance one digit is like any other, so what it says of a message holds for all that
differ in digits alone: nearly all that one line of an application ever sends. To look
such a message up costs a fifth of the glance.

Of unnamed statements the whole Parse is known again: the numbers are in the Bind.
"""

from typing import Final

from .framing import HEADER_SIZE
from .glance import harmless_at_a_glance

#: What is remembered has so many bytes at most.
LONGEST: Final = 1000
_MOST: Final = 1000
# Where in the Parse of an unnamed statement its text begins.
_TEXT: Final = HEADER_SIZE + 1

#: ``message.translate(ALIKE)`` is the same for messages that differ in digits alone, be
#: it in their length words, which then say that there is more or less than there is.
ALIKE: Final = bytes(0x30 if byte in b"123456789" else byte for byte in range(256))


class Seen:
    """See the module's text.

    Attributes:
        shapes: the messages that are known, as ``ALIKE`` makes them.
        parses: of Parses that are known, the text as ``ALIKE`` makes it.
    """

    __slots__ = ("parses", "shapes")

    def __init__(self) -> None:
        self.shapes: set[bytes] = set()
        self.parses: dict[bytes, bytes] = {}

    def lets_pass(self, query: bytes) -> bool:
        """Tell whether a Query that is not known is harmless; remember it if so."""
        if harmless_at_a_glance(query, HEADER_SIZE) is None:
            return False
        if len(query) <= LONGEST:
            if len(self.shapes) >= _MOST:
                # What is still sent will be known again at once.
                self.shapes.clear()
            self.shapes.add(query.translate(ALIKE))
        return True

    def lets_parse(self, parse: bytes) -> bool:
        """Tell whether a Parse of the unnamed statement is harmless; remember it."""
        if len(parse) > LONGEST:
            return False
        end = parse.find(0, _TEXT) + 1
        if not end or harmless_at_a_glance(parse, _TEXT, end) is None:
            return False
        if len(self.parses) >= _MOST:
            self.parses.clear()
        self.parses[parse] = parse[_TEXT : end - 1].translate(ALIKE)
        return True
