"""The reader never goes beyond its body, and the builders never lie."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire import _buffer
from pgwire._buffer import Reader
from pgwire.errors import LocalProtocolError, ProtocolViolation


def test_fields_are_read_in_order() -> None:
    reader = Reader(
        b"\x07"  # byte
        b"\xff\xfe"  # int16 -2
        b"\xff\xff\xff\xfd"  # int32 -3
        b"\xff\xff\xff\xfd"  # uint32
        b"\xff\xff"  # count 65535
        b"name\0"  # cstring
        b"\0\0\0\x02hi"  # value of 2 bytes
        b"\xff\xff\xff\xff"  # NULL
        b"tail",
        "Test",
    )
    assert reader.byte("a") == 7
    assert reader.int16("b") == -2
    assert reader.int32("c") == -3
    assert reader.uint32("d") == 2**32 - 3
    assert reader.count("e") == 65535
    assert reader.cstring("f") == b"name"
    assert reader.value("g") == b"hi"
    assert reader.value("h") is None
    assert reader.rest() == b"tail"
    reader.done()


def test_a_memoryview_is_read_like_bytes() -> None:
    assert Reader(memoryview(b"name\0"), "Test").cstring("name") == b"name"


@pytest.mark.parametrize(
    "read",
    [
        lambda r: r.byte("size"),
        lambda r: r.int16("size"),
        lambda r: r.int32("size"),
        lambda r: r.uint32("size"),
        lambda r: r.count("size"),
        lambda r: r.cstring("size"),
        lambda r: r.value("size"),
        lambda r: r.values("size"),
        lambda r: r.take(1, "size"),
    ],
)
def test_an_end_too_early_is_refused_with_message_and_field(
    read: Callable[[Reader], object],
) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        read(Reader(b"", "Bind"))
    assert caught.value.message.startswith("invalid Bind message: size ")
    assert caught.value.sqlstate == "08P01"


def test_a_length_below_minus_one_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="value has length -2"):
        Reader(b"\xff\xff\xff\xfe", "DataRow").value("value")


def test_a_count_larger_than_the_body_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="needs 4 bytes, 0 are left"):
        Reader(b"\xff\xff", "Parse").uint32s("types")


def test_bytes_behind_the_last_field_are_refused() -> None:
    reader = Reader(b"ab", "Sync")
    with pytest.raises(ProtocolViolation, match="2 bytes behind its last field"):
        reader.done()


def test_a_message_is_type_length_and_body() -> None:
    # The length word counts itself and the body, not the type byte.
    assert _buffer.message(0x51, b"x\0") == b"Q\0\0\0\x06x\0"


def test_a_zero_byte_inside_a_string_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="zero byte"):
        _buffer.cstring(b"a\0b")


@pytest.mark.parametrize(
    ("pack", "number"),
    [
        (_buffer.pack_int16, 32768),
        (_buffer.pack_int32, 2**31),
        (_buffer.pack_uint32, -1),
        (_buffer.pack_count, 65536),
    ],
)
def test_a_number_that_does_not_fit_is_our_own_error(
    pack: Callable[[int], bytes], number: int
) -> None:
    with pytest.raises(LocalProtocolError, match="does not fit"):
        pack(number)


def test_a_lone_surrogate_is_our_own_error_and_is_not_shown() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        _buffer.encode_text("secret\ud800")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@given(st.binary())
def test_text_of_any_bytes_round_trips(content: bytes) -> None:
    assert _buffer.encode_text(_buffer.decode_text(content)) == content


@given(st.lists(st.none() | st.binary(max_size=20), max_size=5))
def test_values_round_trip(values: list[bytes | None]) -> None:
    reader = Reader(_buffer.pack_values(tuple(values)), "Test")
    assert reader.values("values") == tuple(values)
    reader.done()
