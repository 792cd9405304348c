"""Texts with names of prepared statements, found without any knowledge of SQL."""

import re

from pgwire.classification import HARMLESS, Classification, Named, Touch

_TOUCHES = {
    b"PREPARE": Touch.PREPARE,
    b"EXECUTE": Touch.EXECUTE,
    b"DEALLOCATE": Touch.DEALLOCATE,
}
_NAME = re.compile(rb"(PREPARE|EXECUTE|DEALLOCATE) (\w+)")


def _end(text: bytes, position: int) -> int:
    """Give where the statement ends that goes on there."""
    return position + len(text[position:].partition(b";")[0])


def classify(text: bytes) -> Classification:
    """Find PREPARE, EXECUTE and DEALLOCATE in capitals, locks, and what is unseen."""
    names = tuple(
        Named(
            _TOUCHES[found[1]],
            None if found[2] == b"ALL" else found[2],
            *found.span(2),
            _end(text, found.end()),
        )
        for found in _NAME.finditer(text)
    )
    touches = Touch(0)
    for named in names:
        touches |= named.touch
    if b"lock" in text:
        touches |= Touch.LOCKS
    if b"unseen" in text:
        touches |= Touch.OPAQUE
    alone = b";" not in text
    return Classification(touches, alone, names=names) if touches else HARMLESS
