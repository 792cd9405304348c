"""Where the parts of a plain answer end: what describes rows, the rows, their end."""

import struct
from typing import Final

from .backend import CommandComplete, ReadyForQuery
from .codes import Backend, TransactionStatus
from .framing import HEADER_SIZE

READY_IDLE: Final = ReadyForQuery(TransactionStatus.IDLE).encode()
#: By the first byte of a tag: whether it says nothing that matters here, unlike DISCARD
#: ALL, DEALLOCATE and PREPARE.
PLAIN_TAG: Final = tuple([byte not in b"DP" for byte in range(256)])

_ROW: Final = Backend.DATA_ROW
_COMPLETE: Final = Backend.COMMAND_COMPLETE
_DESCRIPTIONS: Final = (Backend.ROW_DESCRIPTION, Backend.NO_DATA)
_ACCEPTANCES: Final = (Backend.PARSE_COMPLETE, Backend.BIND_COMPLETE)
_ROWS: Final = (Backend.ROW_DESCRIPTION, _ROW)
#: How a look-up ends that has found one row, as nearly all do.
ONE_FOUND: Final = CommandComplete(b"SELECT 1").encode() + READY_IDLE
_ONE_SIZE: Final = len(ONE_FOUND)

_header = struct.Struct("!BI").unpack_from


def after_description(buffer: bytearray, start: int, end: int) -> int:
    """Say where a description of rows, or of none, ends; 0 if there is none."""
    if end - start < HEADER_SIZE:
        return 0
    kind, length = _header(buffer, start)
    is_one = kind in _DESCRIPTIONS and length >= 4
    return start + 1 + length if is_one else 0


def after_columns(buffer: bytearray, start: int, end: int) -> int:
    """Say where a description of rows ends; ``start`` if there is none."""
    if end - start < HEADER_SIZE:
        return start
    kind, length = _header(buffer, start)
    is_one = kind == Backend.ROW_DESCRIPTION and length >= 4
    return start + 1 + length if is_one else start


def after_rows(buffer: bytearray, start: int, end: int) -> int:
    """Say where rows and a plain end of their statement and transaction end, or 0."""
    position = start
    kind = length = 0
    while end - position >= HEADER_SIZE:
        kind, length = _header(buffer, position)
        if kind != _ROW or length < 4:
            break
        position += 1 + length
    tag = position + HEADER_SIZE
    following = position + 1 + length + len(READY_IDLE)
    is_plain = (
        following <= end
        and kind == _COMPLETE
        and length > 4
        and PLAIN_TAG[buffer[tag]]
        and buffer.startswith(READY_IDLE, position + 1 + length)
    )
    return following if is_plain else 0


def after_row(buffer: bytearray, start: int, end: int) -> int:
    """Say where a row, and what ends a look-up that has found no other, end; or 0."""
    if end - start < HEADER_SIZE:
        return 0
    kind, length = _header(buffer, start)
    following: int = start + 1 + length
    is_one = kind == _ROW and length >= 4
    if is_one and buffer.startswith(ONE_FOUND, following, end):
        return following + _ONE_SIZE
    return 0


def before_only_row(buffer: bytearray, start: int, end: int) -> int:
    """Say where the row of a plain answer begins that has one; 0 if it has not."""
    position = start
    while buffer[position] in _ACCEPTANCES:
        position += HEADER_SIZE
    position = after_columns(buffer, position, end)
    return position if after_row(buffer, position, end) == end else 0


def after_all_rows(buffer: bytearray, start: int, end: int) -> int:
    """Say where an answer to plain statements ends: rows, their ends, ready; or 0."""
    position = start
    while end - position >= HEADER_SIZE:
        kind, length = _header(buffer, position)
        if kind == _COMPLETE:
            if not PLAIN_TAG[buffer[position + HEADER_SIZE]]:
                return 0
        elif kind not in _ROWS:
            break
        if length < 5:
            # The least of these messages: a tag that is empty.
            return 0
        position += 1 + length
    following = position + len(READY_IDLE)
    is_whole = following <= end and buffer.startswith(READY_IDLE, position)
    return following if is_whole else 0
