"""An exchange that stands for itself: one statement, run once, with nothing around it.

Either a Query, or a batch of

    [Parse ""]  Bind "" name  Describe …  Execute ""  Sync

in which the statement is run once, to its end or for so many rows, in the unnamed
portal: that is gone behind the Sync. What a batch does beyond that (names, other
portals, a second statement) may matter to what comes behind it.
"""

import struct
from typing import Final, NamedTuple

from .codes import Frontend, Target
from .exchange import BIND, DESCRIBE, EXECUTE, FIRST, NOTED, PARSE, SYNC
from .framing import HEADER_SIZE
from .frontend import Describe, Execute, Sync

_PARSE: Final = Frontend.PARSE
_BIND: Final = Frontend.BIND
_DESCRIBE: Final = Frontend.DESCRIBE
_EXECUTE: Final = Frontend.EXECUTE
_SYNC: Final = Frontend.SYNC
# What is in an Execute of the unnamed portal: a NUL, and how many rows are wanted.
_EXECUTED: Final = 5
_LEAST: Final = HEADER_SIZE + 2

_length = struct.Struct("!I").unpack_from
# A Bind's type and length, and the first bytes of two names that are empty.
_bind = struct.Struct("!BIBB").unpack_from

#: A text, or the name of a prepared statement (empty: the unnamed one).
Sole = tuple[bytes | None, bytes]

_RUN: Final = Execute(b"").encode() + Sync().encode()
# What nearly all drivers send behind Bind, with what the ledger writes down of both.
_RUNS: Final = {
    _RUN: (BIND | FIRST, EXECUTE, SYNC),
    Describe(Target.PORTAL, b"").encode() + _RUN: (
        BIND | FIRST,
        DESCRIBE,
        EXECUTE,
        SYNC,
    ),
}
# The same behind a Parse.
_UNNAMED_RUNS: Final = {
    run: (PARSE | NOTED, BIND, *entries) for run, (_, *entries) in _RUNS.items()
}


class Run(NamedTuple):
    """A batch that runs a prepared statement once, as nearly all drivers do it.

    Attributes:
        name: of the statement, empty for the unnamed one.
        entries: what the ledger writes down of it, if the server has the statement.
    """

    name: bytes
    entries: tuple[int, ...]


def prepared_run(batch: bytes) -> Run | None:
    """Find what a batch runs, if it is one; None if it may be anything else."""
    if len(batch) < _LEAST or batch[0] != _BIND or batch[HEADER_SIZE]:
        return None
    following = 1 + _length(batch, 1)[0]
    entries = _RUNS.get(batch[following:])
    end = batch.find(0, _LEAST - 1, following)
    return None if entries is None or end < 0 else Run(batch[_LEAST - 1 : end], entries)


def unnamed_run(batch: bytes) -> tuple[bytes, tuple[int, ...]] | None:
    """Find what a batch parses and then runs once, as nearly all drivers do it.

    Returns:
        Its Parse, of the unnamed statement, and what the ledger writes down of all;
        None if it may be another.
    """
    if len(batch) < _LEAST or batch[0] != _PARSE or batch[HEADER_SIZE]:
        return None
    following = 1 + _length(batch, 1)[0]
    if len(batch) - following < _LEAST:
        return None
    kind, length, portal, statement = _bind(batch, following)
    entries = _UNNAMED_RUNS.get(batch[following + 1 + length :])
    if kind != _BIND or portal or statement or entries is None:
        return None
    return batch[:following], entries


def with_name(batch: bytes, old: bytes, new: bytes) -> bytes:
    """Give such a batch about a statement of another name."""
    length: int = _length(batch, 1)[0] + len(new) - len(old)
    start = _LEAST - 1
    head = batch[:1] + length.to_bytes(4, "big") + batch[HEADER_SIZE:start]
    return head + new + batch[start + len(old) :]


def sole_statement(batch: bytes) -> Sole | None:
    """Find what a batch runs, if it stands for itself.

    Args:
        batch: messages whose types and lengths were checked, the last one whole.

    Returns:
        The text that it parses, or None and the name of the statement that it binds;
        None alone if it does more, or other things.
    """
    end = len(batch)
    text: bytes | None = None
    position = 0
    if batch[0] == _PARSE:
        position = 1 + _length(batch, 1)[0]
        close = batch.find(0, _LEAST - 1)
        if position >= end or batch[HEADER_SIZE] or not 0 < close < position:
            return None
        text = batch[_LEAST - 1 : close]
    found = _bound(batch, position)
    if found is None or (text is not None and found[1]):
        return None
    position, name = found
    while end - position > _LEAST and batch[position] == _DESCRIBE:
        position += 1 + _length(batch, position + 1)[0]
    is_run = (
        end - position == 2 * HEADER_SIZE + _EXECUTED
        and batch[position] == _EXECUTE
        and not batch[position + HEADER_SIZE]
        and batch[end - HEADER_SIZE] == _SYNC
    )
    return (text, name) if is_run else None


def _bound(batch: bytes, start: int) -> tuple[int, bytes] | None:
    """Find a Bind of the unnamed portal; give its end, and the statement's name."""
    if len(batch) - start < HEADER_SIZE + 2 or batch[start] != _BIND:
        return None
    following = start + 1 + _length(batch, start + 1)[0]
    first = start + HEADER_SIZE
    end = batch.find(0, first + 1)
    if batch[first] or not 0 < end < following <= len(batch):
        return None
    return following, batch[first + 1 : end]
