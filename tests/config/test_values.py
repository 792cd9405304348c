"""Tests of ``pgpool_py/config/values.py``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.config.values import (
    Choice,
    Flag,
    Kind,
    ListenAt,
    Names,
    Seconds,
    Text,
    Whole,
    Word,
    did_you_mean,
    strtol,
)
from pgpool_py.settings import Endpoint, PoolMode

TIMES = "; units are us, ms, s, min, h, d"
SIZES = "; units are B, kB, MB, GB, TB"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("10", 10),
        ("+10", 10),
        ("-10", -10),
        ("0x1F", 31),
        ("0X1f", 31),
        ("-0x10", -16),
        ("0777", 0o777),
        ("00", 0),
        ("08", None),
        ("0o17", None),
        ("0b1", None),
        ("0x", None),
        ("1_000", None),
        ("1.0", None),
        ("1e3", None),
        ("", None),
        ("-", None),
        ("yes", None),
        ("10s", None),
        ("\u0661", None),  # a digit, but not one of C's
    ],
)
def test_whole_numbers_are_those_of_strtol_with_base_0(
    text: str, number: int | None
) -> None:
    assert strtol(text) == number


def test_a_number_of_ten_thousand_digits_is_only_out_of_range() -> None:
    with pytest.raises(ValueError, match="is not between 0 and 2147483647"):
        Whole().parse("9" * 10_000)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Whole(), "2147483647", 2147483647),
        (Flag(), "0", False),
        (Flag(), "1", True),
        (Flag(), "-7", True),
        (Flag(), "on", True),
        (Flag(), "Yes", True),
        (Flag(), "TRUE", True),
        (Flag(), "off", False),
        (Flag(), "No", False),
        (Flag(), "FALSE", False),
        (Seconds(), "500ms", 0.5),
        (Seconds(), "250us", 0.00025),
        (Seconds(), "15s", 15.0),
        (Seconds(), "5min", 300.0),
        (Seconds(), "1.5h", 5400.0),
        (Seconds(), "1 d", 86400.0),
        (Whole(unit="seconds"), "2min", 120),
        (Whole(unit="seconds"), "3000ms", 3),
        (Whole(unit="milliseconds"), "1.5s", 1500),
        (Whole(unit="milliseconds"), "012", 10),
        (Whole(unit="bytes"), "64kB", 65536),
        (Whole(unit="bytes"), "1.5MB", 1572864),
        (Whole(unit="bytes"), "1GB", 1073741824),
        (Whole(unit="bytes"), "7B", 7),
        (Seconds(), "15", 15.0),
        (Seconds(), "0.5", 0.5),
        (Seconds(), ".5", 0.5),
        (Seconds(), "5.", 5.0),
        (Seconds(), "1e3", 1000.0),
        (Text(), "", ""),
        (Text(), " a ", " a "),
        (Text(optional=True), "", None),
        (Text(optional=True), "a", "a"),
        (Names(), "", ()),
        (Names(), "a, b ,,c", ("a", "b", "c")),
        (Choice(PoolMode), "transaction", PoolMode.TRANSACTION),
        (Choice(PoolMode), "Transaction", PoolMode.TRANSACTION),
        (Word(("one", "two")), "Two", "two"),
    ],
)
def test_text_becomes_a_value(kind: Kind, text: str, value: object) -> None:
    found = kind.parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        (Whole(), "abc", '"abc" is not a whole number'),
        (Whole(), "", '"" is not a whole number'),
        (
            Whole(),
            "60 ; comment",
            (
                '"60 ; comment" is not a whole number; a comment must stand on a line '
                "of its own"
            ),
        ),
        (Whole(), "-1", '"-1" is not between 0 and 2147483647'),
        (Whole(), "2147483648", '"2147483648" is not between 0 and 2147483647'),
        (Whole(1, 65535), "0", '"0" is not between 1 and 65535'),
        (
            Flag(),
            "maybe",
            '"maybe" is not 0, 1, on, off, yes, no, true or false',
        ),
        (Seconds(), "15x", f'"15x" is not a number of seconds{TIMES}'),
        (Seconds(), "15S", f'"15S" is not a number of seconds{TIMES}'),
        (Seconds(), "1e3ms", f'"1e3ms" is not a number of seconds{TIMES}'),
        (Seconds(), ".s", f'".s" is not a number of seconds{TIMES}'),
        (Seconds(), "08s", f'"08s" is not a number of seconds{TIMES}'),
        (Seconds(), "64kB", f'"64kB" is not a number of seconds{TIMES}'),
        (Seconds(), "-1ms", '"-1ms" is not between 0 and 1000000000 seconds'),
        (
            Whole(unit="seconds"),
            "500ms",
            '"500ms" is not a whole number of seconds',
        ),
        (Whole(unit="bytes"), "1KB", f'"1KB" is not a whole number of bytes{SIZES}'),
        (Whole(unit="bytes"), "2GB", '"2GB" is not between 0 and 2147483647'),
        (Whole(), "5s", '"5s" is not a whole number'),
        (Seconds(), "", f'"" is not a number of seconds{TIMES}'),
        (Seconds(), "nan", f'"nan" is not a number of seconds{TIMES}'),
        (Seconds(), "inf", f'"inf" is not a number of seconds{TIMES}'),
        (Seconds(), "-1", '"-1" is not between 0 and 1000000000 seconds'),
        (Seconds(), "1e999", '"1e999" is not between 0 and 1000000000 seconds'),
        (
            Seconds(0.1, "too little"),
            "0",
            '"0" is not between 0.1 and 1000000000 seconds: too little',
        ),
        (
            Seconds(0.1, "too little"),
            "1e999",
            '"1e999" is not between 0.1 and 1000000000 seconds',
        ),
        (
            Choice(PoolMode),
            "transactional",
            (
                '"transactional" is not one of session, transaction, statement (did '
                'you mean "transaction"?)'
            ),
        ),
        (Choice(PoolMode), "", '"" is not one of session, transaction, statement'),
        (
            Word(("one", "two")),
            "tw",
            '"tw" is not one of one, two (did you mean "two"?)',
        ),
    ],
)
def test_what_does_not_fit_is_shown_with_what_was_expected(
    kind: Kind, text: str, wrong: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared in full below
        kind.parse(text)
    assert str(caught.value) == wrong


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Whole(), 511, "511"),
        (Flag(), True, "1"),
        (Flag(), False, "0"),
        (Seconds(), 15.0, "15"),
        (Seconds(), 0.25, "0.25"),
        (Text(), "a", "a"),
        (Text(optional=True), None, None),
        (Names(), ("a", "b"), "a,b"),
        (Names(), None, None),
        (Choice(PoolMode), PoolMode.SESSION, "session"),
        (Word(("one", "two")), "two", "two"),
    ],
)
def test_a_value_is_shown_as_the_file_would_say_it(
    kind: Kind, value: object, text: str | None
) -> None:
    assert kind.show(value) == text


@given(st.integers(0, 2**31 - 1))
def test_a_number_is_read_in_all_three_bases(number: int) -> None:
    assert strtol(f"{number}") == strtol(f"{number:#x}") == number
    assert strtol(f"0{number:o}") == number


def test_something_close_is_suggested_and_something_far_is_not() -> None:
    assert did_you_mean("listen_prt", ["listen_port", "user"]) == (
        ' (did you mean "listen_port"?)'
    )
    assert did_you_mean("xyz", ["listen_port", "user"]) == ""


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("", None, ""),
        ("9127", Endpoint("127.0.0.1", 9127), "127.0.0.1:9127"),
        ("*:9127", Endpoint("*", 9127), "*:9127"),
        ("db.example:80", Endpoint("db.example", 80), "db.example:80"),
        ("[::1]:9127", Endpoint("::1", 9127), "[::1]:9127"),
    ],
)
def test_an_endpoint_is_read_and_shown(
    text: str, expected: Endpoint | None, shown: str
) -> None:
    kind = ListenAt()
    assert kind.parse(text) == expected
    assert kind.show(expected) == shown
    assert kind.parse(shown) == expected


@pytest.mark.parametrize(
    "text", ["x", "0", "65536", "::1:9127", "a b:80", "127.0.0.1", ":80", "[::1]"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not PORT, HOST:PORT"):
        ListenAt().parse(text)
