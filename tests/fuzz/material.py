"""What fuzz targets have in common: valid messages, mutations, and a seed to repeat."""

import random
from collections.abc import Callable, Sequence

from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import (
    Bind,
    Close,
    Describe,
    Execute,
    Flush,
    Parse,
    Query,
    Sync,
    Terminate,
)

#: One run of a target with this randomness; any exception of it is a finding.
FuzzTarget = Callable[[random.Random], None]

_NAMES = (b"", b"", b"a", b"b", b"pgpool_x", b"n" * 70)
_TEXTS = (b"SELECT 1", b"", b"SELECT $1", b"COPY t FROM STDIN", b"x" * 300)


def requests(chance: random.Random, most: int) -> list[bytes]:
    """Make valid messages of a client, prepared statements among them."""
    return [chance.choice(_REQUESTS)(chance) for _ in range(chance.randrange(most))]


def mutate(chance: random.Random, data: bytes) -> bytes:
    """Change, cut, repeat, or leave alone."""
    changed = bytearray(data)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        if not changed:
            break
        place = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.choice((0, 1, 4, 0x7F, 0x80, 0xFF))
            case 2:
                del changed[place : place + chance.randrange(1, 9)]
            case 3:
                changed[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                changed += changed[place : place + 40]
    return bytes(changed)


def chunks(chance: random.Random, data: bytes) -> list[bytes]:
    """Cut a stream as a network might: here and there, byte by byte, or nowhere."""
    greatest = chance.choice((1, 7, 100, max(1, len(data))))
    pieces = []
    while data:
        size = chance.randrange(1, greatest + 1)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def pick(chance: random.Random, choices: Sequence[bytes]) -> bytes:
    """Pick one of these, or garbage in its place."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(20))
    return chance.choice(choices)


def _parse(chance: random.Random) -> bytes:
    return Parse(chance.choice(_NAMES), chance.choice(_TEXTS)).encode()


def _bind(chance: random.Random) -> bytes:
    return Bind(chance.choice(_NAMES), chance.choice(_NAMES)).encode()


def _describe(chance: random.Random) -> bytes:
    target = chance.choice((Target.STATEMENT, Target.PORTAL))
    return Describe(target, chance.choice(_NAMES)).encode()


def _close(chance: random.Random) -> bytes:
    target = chance.choice((Target.STATEMENT, Target.PORTAL))
    return Close(target, chance.choice(_NAMES)).encode()


def _execute(chance: random.Random) -> bytes:
    return Execute(chance.choice(_NAMES), chance.randrange(3)).encode()


def _query(chance: random.Random) -> bytes:
    return Query(chance.choice(_TEXTS)).encode()


def _sync(chance: random.Random) -> bytes:
    return Sync().encode()


def _other(chance: random.Random) -> bytes:
    others = (
        Flush().encode(),
        CopyData(b"1\n").encode(),
        CopyDone().encode(),
        CopyFail(b"no").encode(),
        # FunctionCall: Int32 object id, no formats, no arguments, Int16 format
        b"F" + (14).to_bytes(4, "big") + bytes(10),
    )
    if chance.random() < 0.02:
        return Terminate().encode()
    return chance.choice(others)


_REQUESTS: tuple[Callable[[random.Random], bytes], ...] = (
    *(_parse,) * 4,
    *(_bind,) * 4,
    _describe,
    *(_execute,) * 3,
    _close,
    *(_sync,) * 4,
    *(_query,) * 2,
    _other,
)
