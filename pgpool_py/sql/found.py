"""What was found in one statement, before all of a text are put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pgwire.classification import Named, Touch, Transaction

_NOTHING: Final = Touch(0)
_NAMING: Final = Touch.PARAMETERS | Touch.RESETS


@dataclass(frozen=True, slots=True)
class Found:
    """See :class:`pgwire.classification.Classification`, which is made of these."""

    touches: Touch = _NOTHING
    transaction: Transaction = Transaction.NONE
    parameters: tuple[str | int, ...] = ()
    names: tuple[Named, ...] = ()


NOTHING: Final = Found()
OPAQUE: Final = Found(Touch.OPAQUE)
#: It leaves what no catalogue shows, and no DISCARD ALL takes away.
REMAINING: Final = Found(Touch.LASTING | Touch.REMAINING)
#: It runs a text that is not looked into.
UNREAD: Final = Found(Touch.OPAQUE | Touch.UNREAD)


def united(parts: Iterable[Found]) -> Found:
    """Give all that is in any; the transaction is that of the first that has one."""
    touches = _NOTHING
    transaction = Transaction.NONE
    parameters: dict[str | int, None] = {}
    any_parameter = False
    names: list[Named] = []
    for part in parts:
        touches |= part.touches
        if transaction is Transaction.NONE:
            transaction = part.transaction
        parameters |= dict.fromkeys(part.parameters)
        any_parameter |= bool(part.touches & _NAMING) and not part.parameters
        names += part.names
    named = () if any_parameter else tuple(parameters)
    names.sort(key=lambda name: name.start)
    return Found(touches, transaction, named, tuple(names))
