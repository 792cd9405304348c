"""Which statements may be run twice unseen, and which are self-contained, told fast.

The quick way takes words and what stands in front of parentheses for what they look
like; it does not care for literals, so it says yes too seldom, never too often. What
it does not know is classified. See ``containment`` for what both hold by.
"""

import re
from typing import Final

from pgwire.classification import Classify

from .calls import GENERIC
from .catalogue import NO_FUNCTIONS, STABLE_FUNCTIONS
from .classify import classify
from .containment import FUNCTIONS, LOCKING, SYNTAX

_CATALOGUE: Final = b"pg_catalog."
_NONE: Final[frozenset[bytes]] = frozenset()
_EMPTY: Final = frozenset({b""})

# Words only, in lower case. What is glued to a number is a word of its own to older
# versions.
_WORDS: Final = bytes(
    byte
    if byte >= 0x80 or byte in b"abcdefghijklmnopqrstuvwxyz_"
    else byte | 0x20
    if byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    else 0x20
    for byte in range(256)
)
_WRITES: Final = LOCKING | {b"for"}
_CHANGES: Final = frozenset({b"update", b"delete"})
_PARENTHESIS: Final = ord("(")

# What is in front of a parenthesis, in a text that is turned round: so it can be found
# without trying at each letter. Of a name with spaces within, too much or a dot is
# found, which no name that is known has.
_IN_FRONT: Final = re.compile(
    rb'\(\s*+([a-z0-9_$.\x80-\xff]++(?:\s++\.|(?!))?+|"|)'
).findall
# INSERT's table in front of its columns.
_TARGET: Final = re.compile(
    rb"\s*+insert\s++into\s++[a-z0-9_$.\x80-\xff]++\s*+\("
).match

# In encodings that clients alone may have, the second byte of a letter may look like
# an operator: the name is longer than it seems, or there is one where none seems to be.
_HALF_LETTER: Final = re.compile(
    rb"[\x80-\xff][:-@\[-^`{-~][A-Za-z0-9_$\x80-\xff]*+\s*+[(.]"
).search


def _turned(names: frozenset[bytes], schema: bytes = b"") -> dict[bytes, bytes]:
    return {(schema + name)[::-1]: name for name in names}


# What may be in front of a parenthesis, turned round, and the name that may be called:
# empty if that is none.
_CALLED: Final = {
    **_turned(STABLE_FUNCTIONS | SYNTAX),
    **_turned(STABLE_FUNCTIONS, _CATALOGUE),
    **dict.fromkeys(_turned(NO_FUNCTIONS - GENERIC), b""),
    b"": b"",
}
_CONTAINED: Final = frozenset(
    {
        *_CALLED,
        *_turned(FUNCTIONS - NO_FUNCTIONS),
        *_turned(FUNCTIONS, _CATALOGUE),
    }
)


def rerunnable(text: bytes, known: Classify = classify) -> frozenset[bytes] | None:
    """Say which functions a statement calls, if it may else be run twice unseen.

    Args:
        text: one that ``pgwire.glance`` lets pass, without the NUL at its end.
        known: who is asked if a look is not enough; one that remembers is wise.

    Returns:
        In lower case and without a schema, the names of all functions that may be
        called, and of some that are not; it may be run twice if none of them is
        volatile outside of pg_catalog. None: it may not, or that is not certain.
    """
    if not _is_read_only(text):
        return rerunnable_when_read(text, known)
    if _PARENTHESIS not in text:
        return _NONE
    if _hides_a_name(text):
        return None
    try:
        called = frozenset(map(_CALLED.__getitem__, _IN_FRONT(text.lower()[::-1])))
    except KeyError:
        return rerunnable_when_read(text, known)
    return called - _EMPTY


def calls_nothing(text: bytes) -> bool:
    """Tell of some statements that may be run twice that they call no function.

    Which digits are in the text makes no difference.

    Args:
        text: see ``rerunnable``.
    """
    return _PARENTHESIS not in text and _is_read_only(text)


def _is_read_only(text: bytes) -> bool:
    words = text.translate(_WORDS).split()
    return bool(words) and words[0] == b"select" and _WRITES.isdisjoint(words)


def rerunnable_when_read(
    text: bytes, known: Classify = classify
) -> frozenset[bytes] | None:
    """Say the same of any text."""
    found = known(text)
    if not found.rerunnable or _hides_a_name(text):
        return None
    names = (name.encode("utf-8", "surrogateescape") for name in found.functions)
    return frozenset(name.removeprefix(_CATALOGUE) for name in names)


def self_contained(text: bytes, known: Classify = classify) -> bool:
    """Say whether it can neither leave a transaction open nor touch its session.

    Args:
        text: see ``rerunnable``.
        known: see there.
    """
    words = text.translate(_WORDS).split()
    first = words[0] if words else b""
    inserts = first == b"insert" and words[1:2] == [b"into"]
    plain = inserts or first == b"select" or first in _CHANGES
    if plain and words.count(b"into") == inserts:
        lowered = text.lower()
        in_front = _IN_FRONT(lowered[::-1])
        if inserts and _TARGET(lowered):
            in_front.pop()
        if _CONTAINED.issuperset(in_front) and not _hides_a_name(text):
            return True
    return known(text).self_contained and not _hides_a_name(text)


def _hides_a_name(text: bytes) -> bool:
    return (
        not text.isascii() and _PARENTHESIS in text and _HALF_LETTER(text) is not None
    )
