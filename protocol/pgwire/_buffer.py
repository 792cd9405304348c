"""Bounds-checked reading of message bodies, and packing of their fields.

All integers are big-endian (PostgreSQL documentation, "Message Data Types").
"""

import struct

from .errors import LocalProtocolError, ProtocolViolation

_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")
_UINT16 = struct.Struct(">H")
_UINT32 = struct.Struct(">I")
_HEADER = struct.Struct(">Bi")

_NULL = b"\xff\xff\xff\xff"

# The length word is a signed Int32 and counts itself.
_MAX_BODY = 2**31 - 1 - 4


class Reader:
    """Read one message body from front to back.

    Every method names the field that it reads, and raises ProtocolViolation with
    the names of message and field when the body is too short for it.
    """

    __slots__ = ("_data", "_packet", "_position")

    def __init__(self, data: bytes | memoryview, packet: str) -> None:
        self._data = bytes(data)
        self._packet = packet
        self._position = 0

    def byte(self, field: str) -> int:
        """Read an unsigned byte."""
        return self.take(1, field)[0]

    def int16(self, field: str) -> int:
        """Read a signed Int16."""
        return int(_INT16.unpack(self.take(2, field))[0])

    def int32(self, field: str) -> int:
        """Read a signed Int32."""
        return int(_INT32.unpack(self.take(4, field))[0])

    def uint32(self, field: str) -> int:
        """Read an Int32 as PostgreSQL reads OIDs: unsigned."""
        return int(_UINT32.unpack(self.take(4, field))[0])

    def count(self, field: str) -> int:
        """Read an Int16 as PostgreSQL reads counts: unsigned, up to 65 535.

        Drivers do send that many parameters (``pq_getmsgint`` gives unsigned).
        """
        return int(_UINT16.unpack(self.take(2, field))[0])

    def cstring(self, field: str) -> bytes:
        """Read up to a zero byte, which is consumed and not returned."""
        end = self._data.find(0, self._position)
        if end < 0:
            raise self.violation(field, "has no terminator")
        found = self._data[self._position : end]
        self._position = end + 1
        return found

    def text(self, field: str) -> str:
        """Read a cstring as UTF-8; other bytes become surrogate escapes."""
        return self.cstring(field).decode("utf-8", "surrogateescape")

    def value(self, field: str) -> bytes | None:
        """Read an Int32 length and that many bytes; length -1 is None (NULL)."""
        length = self.int32(field)
        if length == -1:
            return None
        if length < -1:
            raise self.violation(field, f"has length {length}")
        return self.take(length, field)

    def int16s(self, field: str) -> tuple[int, ...]:
        """Read a count and that many Int16."""
        return tuple([self.int16(field) for _ in range(self.count(field))])

    def uint32s(self, field: str) -> tuple[int, ...]:
        """Read a count and that many unsigned Int32."""
        return tuple([self.uint32(field) for _ in range(self.count(field))])

    def values(self, field: str) -> tuple[bytes | None, ...]:
        """Read a count and that many nullable values."""
        return tuple([self.value(field) for _ in range(self.count(field))])

    def take(self, size: int, field: str) -> bytes:
        """Read exactly ``size`` bytes."""
        end = self._position + size
        if end > len(self._data):
            left = len(self._data) - self._position
            raise self.violation(field, f"needs {size} bytes, {left} are left")
        found = self._data[self._position : end]
        self._position = end
        return found

    def rest(self) -> bytes:
        """Read all that is left, maybe nothing."""
        found = self._data[self._position :]
        self._position = len(self._data)
        return found

    def done(self) -> None:
        """Refuse bytes behind the last field."""
        left = len(self._data) - self._position
        if left:
            raise self.violation("body", f"has {left} bytes behind its last field")

    def violation(self, field: str, problem: str) -> ProtocolViolation:
        """Build the error for a field of this message; the caller raises it."""
        return ProtocolViolation(f"invalid {self._packet} message: {field} {problem}")


def message(type_byte: int, body: bytes) -> bytes:
    """Put type byte and length word in front of a body."""
    if len(body) > _MAX_BODY:
        raise LocalProtocolError(
            f"message of {len(body)} bytes exceeds the limit of {_MAX_BODY}"
        )
    return _HEADER.pack(type_byte, len(body) + 4) + body


def cstring(content: bytes) -> bytes:
    """Add the terminator; a zero byte inside raises LocalProtocolError."""
    if 0 in content:
        raise LocalProtocolError("zero byte inside a string of the protocol")
    return content + b"\0"


def pack_text(content: str) -> bytes:
    """Build a cstring from a string of the kind that `Reader.text` gives."""
    return cstring(encode_text(content))


def decode_text(content: bytes) -> str:
    """Decode UTF-8; other bytes become surrogate escapes, so that none is lost."""
    return content.decode("utf-8", "surrogateescape")


def encode_text(content: str) -> bytes:
    """Undo `decode_text`; a string that it cannot give raises LocalProtocolError."""
    try:
        return content.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # From None: the codec's error would show the string, maybe a password.
        raise LocalProtocolError("string with a lone surrogate") from None


def pack_int16(number: int) -> bytes:
    """Build a signed Int16."""
    return _pack(_INT16, number)


def pack_int32(number: int) -> bytes:
    """Build a signed Int32."""
    return _pack(_INT32, number)


def pack_uint32(number: int) -> bytes:
    """Build an Int32 from an unsigned number, such as an OID."""
    return _pack(_UINT32, number)


def pack_count(number: int) -> bytes:
    """Build an Int16 count, which is unsigned: see `Reader.count`."""
    return _pack(_UINT16, number)


def pack_value(content: bytes | None) -> bytes:
    """Build an Int32 length and the bytes, or length -1 for None (NULL)."""
    if content is None:
        return _NULL
    return pack_int32(len(content)) + content


def pack_int16s(numbers: tuple[int, ...]) -> bytes:
    """Build a count and that many Int16."""
    return pack_count(len(numbers)) + b"".join(map(pack_int16, numbers))


def pack_uint32s(numbers: tuple[int, ...]) -> bytes:
    """Build a count and that many unsigned Int32."""
    return pack_count(len(numbers)) + b"".join(map(pack_uint32, numbers))


def pack_values(contents: tuple[bytes | None, ...]) -> bytes:
    """Build a count and that many nullable values."""
    return pack_count(len(contents)) + b"".join(map(pack_value, contents))


def _pack(form: struct.Struct, number: int) -> bytes:
    try:
        return form.pack(number)
    except struct.error:
        raise LocalProtocolError(
            f"{number} does not fit into {form.size} bytes of a message"
        ) from None
