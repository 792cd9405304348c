"""Replies of a server as bytes, and a reader that feeds a ledger as it asks for."""

from copy import deepcopy
from typing import Final

from pgwire.diagnostics import error, notice
from pgwire.ledger import HOLD_LIMIT, Ledger

NONCE: Final = b"00112233445566778899aabbccddeeff"
_ROOM: Final = 64 * 1024


def message(kind: str, body: bytes = b"") -> bytes:
    """Build a message: type byte, length word, body."""
    return kind.encode() + (len(body) + 4).to_bytes(4, "big") + body


PARSED: Final = message("1")
BOUND: Final = message("2")
CLOSED: Final = message("3")
NO_DATA: Final = message("n")
EMPTY: Final = message("I")
SUSPENDED: Final = message("s")
COPY_DONE: Final = message("c")
# One column of type int4: name, table, number, type, size, modifier, format.
COLUMNS: Final = message(
    "T", b"\0\1x\0\0\0\0\0\0\0" + b"\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0"
)
NONCE_COLUMNS: Final = COLUMNS.replace(b"x\0", NONCE + b"\0").replace(
    b"T\0\0\0\x1a", b"T\0\0\0\x39"
)
PARAMETERS: Final = message("t", b"\0\1\0\0\0\x17")  # one, int4
VALUE: Final = message("V", b"\xff\xff\xff\xff")  # NULL
COPY_OUT: Final = message("H", b"\0\0\0")  # text, no columns
COPY_IN: Final = message("G", b"\0\0\0")
READY: Final = message("Z", b"I")
READY_IN_TRANSACTION: Final = message("Z", b"T")
READY_FAILED: Final = message("Z", b"E")
ERROR: Final = error("ERROR", "22012", "division by zero").encode()
FATAL: Final = error("FATAL", "57P01", "terminating connection").encode()
NOTICE: Final = notice("WARNING", "25P01", "no transaction").encode()
PARAMETER: Final = message("S", b"TimeZone\0UTC\0")
NOTIFICATION: Final = message("A", b"\0\0\0\7ch\0hi\0")


def state_of(ledger: Ledger) -> tuple[int, ...]:
    """Give what a ledger owes and knows of the transaction."""
    owed = (ledger.head, ledger.outstanding, ledger.rest, ledger.readies)
    return (*owed, ledger.status, ledger.unsynced)


def row(value: bytes = b"1") -> bytes:
    """Build a DataRow of one value."""
    return message("D", b"\0\1" + len(value).to_bytes(4, "big") + value)


def data(value: bytes = b"1\n") -> bytes:
    """Build a CopyData."""
    return message("d", value)


def done(tag: bytes = b"SELECT 1") -> bytes:
    """Build a CommandComplete."""
    return message("C", tag + b"\0")


SELECTED: Final = COLUMNS + row() + done()
# A statement whose tables have changed since it was prepared.
STALE: Final = message(
    "E",
    b"SERROR\0VERROR\0C0A000\0Mcached plan must not change result type\0"
    b"RRevalidateCachedQuery\0\0",
)
NONCE_ANSWER: Final = NONCE_COLUMNS + row() + done() + READY
NONCE_REFUSAL: Final = message(
    "E", b'SERROR\0VERROR\0C42601\0Msyntax error at or near "' + NONCE + b'"\0\0'
)


class Reader:
    """What stands around a ledger: reads bytes, keeps the rest, forwards runs."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.forwarded = b""
        self._buffer = bytearray(HOLD_LIMIT + _ROOM)
        self._carry = b""

    def feed(self, stream: bytes, cuts: list[int] | None = None) -> bytes:
        """Hand over a stream in pieces of these sizes, in turn; give what goes on."""
        sizes = cuts or [_ROOM]
        forwarded = b""
        position = turn = 0
        while position < len(stream):
            size = min(sizes[turn % len(sizes)], _ROOM)
            forwarded += self._read(stream[position : position + size])
            position += size
            turn += 1
        self.forwarded += forwarded
        return forwarded

    def _read(self, piece: bytes) -> bytes:
        whole = self._carry + piece
        # What an earlier read left behind must never matter.
        self._buffer[: len(whole) + 64] = b"\xee" * (len(whole) + 64)
        self._buffer[: len(whole)] = whole
        # The short way has nothing to do with statements, and these know their clients.
        statements = self.ledger.statements
        shortcut = deepcopy(self.ledger, {id(statements): statements})
        before = state_of(shortcut)
        plain = shortcut.answer(self._buffer, 0, len(whole))
        try:
            used = self.ledger.receive(self._buffer, len(whole))
        finally:
            pieces = [bytes(self._buffer[a:b]) for a, b in self.ledger.runs]
        # The short way comes to the same, or leaves all as it is.
        assert state_of(shortcut) == (state_of(self.ledger) if plain else before)
        assert not plain or (pieces == [whole] and not self.ledger.events)
        assert plain in {0, used}
        assert len(whole) - used < HOLD_LIMIT
        assert all(pieces), "a run is empty"
        self._carry = whole[used:]
        return b"".join(pieces)

    def send(self, kinds: str) -> None:
        """Write down messages of the client, by their type letters."""
        for kind in kinds.encode():
            self.ledger.request(kind)
