"""Tests of ``pgpool_py/config/connection_options.py``."""

import dataclasses
from collections.abc import Mapping

import pytest

from pgpool_py.config.connection_options import (
    DATABASE_OPTIONS,
    PEER_OPTIONS,
    USER_OPTIONS,
    ConnectionOption,
    Decimal,
)
from pgpool_py.settings import DatabaseSettings, PeerSettings, UserSettings
from pgwire.session_attrs import TargetSessionAttrs


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (DATABASE_OPTIONS, DatabaseSettings),
        (USER_OPTIONS, UserSettings),
        (PEER_OPTIONS, PeerSettings),
    ],
)
def test_every_field_can_be_set_and_nothing_else(
    options: Mapping[str, ConnectionOption],
    settings: type[DatabaseSettings | UserSettings | PeerSettings],
) -> None:
    fields = {field.name for field in dataclasses.fields(settings)}
    assert {option.field for option in options.values()} == fields


def test_every_option_is_named_like_its_field_but_for_one_old_name() -> None:
    others = {
        name: option.field
        for options in (DATABASE_OPTIONS, USER_OPTIONS, PEER_OPTIONS)
        for name, option in options.items()
        if name != option.field
    }
    assert others == {"reserve_pool": "reserve_pool_size"}


@pytest.mark.parametrize(
    ("text", "number"), [("10", 10), ("010", 10), ("+5", 5), ("000", 0), ("08", 8)]
)
def test_numbers_are_decimal(text: str, number: int) -> None:
    assert Decimal().parse(text) == number


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0x10", '"0x10" is not a whole number'),
        ("20MB", '"20MB" is not a whole number'),
        ("-1", '"-1" is not between 0 and 2147483647'),
    ],
)
def test_what_atoi_would_cut_short_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Decimal().parse(text)


def test_what_servers_must_be_like_is_said_in_libpqs_words() -> None:
    kind = DATABASE_OPTIONS["target_session_attrs"].kind
    assert kind.parse("read-write") is TargetSessionAttrs.READ_WRITE
    with pytest.raises(ValueError, match="did you mean"):
        kind.parse("readwrite")
