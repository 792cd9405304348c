"""Session parameters that a statement names by ``$n``, named by what is bound to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .classification import Classification, Touch
from .errors import ProtocolViolation
from .framing import HEADER_SIZE
from .frontend import Bind

_PATH: Final = "search_path"
_SEED: Final = "seed"
_SEEDS: Final = Touch.LASTING | Touch.REMAINING

Values = Sequence[bytes | None]


class ValuesNeededError(Exception):
    """What a message means is in the values that it binds."""


def values_of(message: memoryview) -> Values:
    """Give the values of a Bind; none if it is not all here, or will be refused."""
    try:
        return Bind.decode(message[HEADER_SIZE:]).parameters
    except ProtocolViolation:
        return ()


def is_open(found: Classification) -> bool:
    """Whether it says of a parameter only by which ``$n`` it is named."""
    return any(isinstance(name, int) for name in found.parameters)


def with_names(found: Classification, values: Values) -> Classification:
    """Say what is touched with these values; what they do not tell may be anything."""
    names: list[str] = []
    touches = found.touches
    sets = touches & Touch.PARAMETERS
    for given in found.parameters:
        name = given if isinstance(given, str) else _name(values, given)
        if name is None:
            # Of one with a dot PostgreSQL does not tell.
            lasting = touches | Touch.PATH | (Touch.LASTING if sets else Touch(0))
            return replace(found, touches=lasting, parameters=())
        if name != given:
            touches |= Touch.PATH if name == _PATH else Touch(0)
            touches |= _SEEDS if name == _SEED else Touch(0)
        names.append(name)
    return replace(found, touches=touches, parameters=tuple(names))


def _name(values: Values, number: int) -> str | None:
    value = values[number - 1] if 0 < number <= len(values) else None
    return value.decode().lower() if value is not None and value.isascii() else None
