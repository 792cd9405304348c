"""Values in text and binary, the numerics as psycopg reads them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import Format

from pgpool_py.admin.commands.result import Kind
from pgpool_py.admin.formats import BINARY, TEXT, encode, formats
from pgpool_py.errors import ConsoleError


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("code", [TEXT, BINARY])
def test_null_is_null_in_every_format(kind: Kind, code: int) -> None:
    assert encode(None, kind, code) is None


@pytest.mark.parametrize(
    ("value", "kind", "data"),
    [
        ("caf\xe9", Kind.TEXT, b"caf\xc3\xa9"),
        # a byte that is no UTF-8 goes out as it came in
        ("caf\udce9", Kind.TEXT, b"caf\xe9"),
        (-2, Kind.INT4, b"\xff\xff\xff\xfe"),
        (1 << 32, Kind.INT8, b"\0\0\0\1\0\0\0\0"),
        # digits, weight, sign, scale, and then the digits to the base 10 000
        (0, Kind.NUMERIC, b"\0\0\0\0\0\0\0\0"),
        (7, Kind.NUMERIC, b"\0\1\0\0\0\0\0\0\0\7"),
        (-10_001, Kind.NUMERIC, b"\0\2\0\1\x40\0\0\0\0\1\0\1"),
        # zeros at the end are not sent
        (30_000_0000, Kind.NUMERIC, b"\0\1\0\2\0\0\0\0\0\3"),
    ],
)
def test_binary_is_what_postgresql_sends(
    value: str | int, kind: Kind, data: bytes
) -> None:
    assert encode(value, kind, BINARY) == data


@given(st.integers(-(10**40), 10**40))
def test_a_driver_reads_every_numeric(number: int) -> None:
    loader = Transformer().get_loader(Kind.NUMERIC.oid, Format.BINARY)
    data = encode(number, Kind.NUMERIC, BINARY)
    assert data is not None
    assert loader.load(data) == Decimal(number)


def test_text_is_the_same_for_all_types() -> None:
    assert encode(-10_001, Kind.NUMERIC, TEXT) == b"-10001"
    assert encode(5, Kind.INT4, TEXT) == b"5"


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.INT4, "integer"), (Kind.INT8, "bigint")]
)
def test_a_number_that_does_not_fit_is_not_cut(kind: Kind, name: str) -> None:
    with pytest.raises(ConsoleError, match=f"{name} out of range") as caught:
        encode(1 << 63, kind, BINARY)
    assert caught.value.sqlstate == "22003"


@pytest.mark.parametrize(
    ("asked", "codes"),
    [((), (0, 0, 0)), ((1,), (1, 1, 1)), ((0, 1, 0), (0, 1, 0))],
)
def test_formats_are_none_or_one_or_one_for_each(
    asked: tuple[int, ...], codes: tuple[int, ...]
) -> None:
    assert formats(asked, 3) == codes


def test_another_number_of_formats_is_refused() -> None:
    with pytest.raises(ConsoleError, match="has 2 result formats but query has 3"):
        formats((0, 1), 3)


def test_where_there_are_no_columns_formats_mean_nothing() -> None:
    assert formats((1,), 0) == ()
    assert formats((0, 1), 0) == ()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConsoleError, match="unsupported format code: 2"):
        formats((2,), 3)
