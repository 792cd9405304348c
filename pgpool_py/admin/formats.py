"""Values in the two formats that a client may ask for, per type.

Source of the binary ones: the send functions of PostgreSQL (``utils/adt/numeric.c`` and
its neighbours).
"""

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from .commands.result import Kind, Value
from .objections import out_of_range, unsupported_format, wrong_number_of_formats

TEXT: Final = 0
BINARY: Final = 1

# numeric_send: digits to the base 10 000, and the sign in a word of its own.
_NUMERIC_BASE: Final = 10_000
_NUMERIC_NEGATIVE: Final = 0x4000

_INT4: Final = struct.Struct("!i")
_INT8: Final = struct.Struct("!q")

Encode = Callable[[str | int], bytes]


def formats(asked: tuple[int, ...], columns: int) -> tuple[int, ...]:
    """Give the format of each column for what a Bind asks: none, one, or one for each.

    Raises:
        ConsoleError: it asks for another number, or for a format that does not exist.
    """
    for code in asked:
        if code not in {TEXT, BINARY}:
            raise unsupported_format(code)
    # Where there are no rows, PostgreSQL counts none (PortalSetResultFormat).
    if len(asked) <= 1 or not columns:
        return (asked or (TEXT,))[:1] * columns
    if len(asked) != columns:
        raise wrong_number_of_formats(len(asked), columns)
    return asked


def encode(value: Value, kind: Kind, code: int) -> bytes | None:
    """Give a value as a DataRow has it.

    Raises:
        ConsoleError: it does not fit into its type's binary format.
    """
    if value is None:
        return None
    return encode_text(str(value)) if code == TEXT else _BINARY[kind](value)


def encode_text(text: str) -> bytes:
    """Give text as it came: UTF-8, other bytes having been escaped."""
    return text.encode("utf-8", "surrogateescape")


def _text(value: str | int) -> bytes:
    return encode_text(str(value))


def _integer(form: struct.Struct, name: str) -> Encode:
    def encode_integer(value: str | int) -> bytes:
        try:
            return form.pack(int(value))
        except struct.error:
            raise out_of_range(name) from None

    return encode_integer


def _numeric(value: str | int) -> bytes:
    """Encode a whole number: number of digits, weight, sign, scale, digits."""
    number = int(value)
    rest, digits = abs(number), list[int]()
    while rest:
        rest, digit = divmod(rest, _NUMERIC_BASE)
        digits.insert(0, digit)
    weight = max(len(digits) - 1, 0)
    while digits and not digits[-1]:
        digits.pop()
    sign = _NUMERIC_NEGATIVE if number < 0 else 0
    return struct.pack(f"!hhHh{len(digits)}h", len(digits), weight, sign, 0, *digits)


_BINARY: Final[Mapping[Kind, Encode]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.INT4: _integer(_INT4, "integer"),
        Kind.INT8: _integer(_INT8, "bigint"),
        Kind.NUMERIC: _numeric,
    }
)
