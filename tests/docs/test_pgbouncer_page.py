"""docs/pgbouncer.md names every setting that does nothing, is refused, or is ours."""

import re

from pgpool_py.config.connection_options import (
    DATABASE_OPTIONS,
    PEER_OPTIONS,
    USER_OPTIONS,
)
from pgpool_py.config.option import Effect
from pgpool_py.config.options import OPTIONS

from .page import Page

PAGE = Page("pgbouncer.md")
NAME = re.compile(r"`([a-z][a-z0-9_]+)`")

EFFECTS = [
    *((option.name, option.effect) for option in OPTIONS.values()),
    *(
        (name, option.effect)
        for group in (DATABASE_OPTIONS, USER_OPTIONS, PEER_OPTIONS)
        for name, option in group.items()
    ),
]


def rows(heading: str) -> list[tuple[str, ...]]:
    """Return the cells of each row of the table below a heading, without its head."""
    return PAGE.rows(heading)[1:]


def named(heading: str) -> set[str]:
    """Return the settings in the first column of a table."""
    return {name for first, _ in rows(heading) for name in NAME.findall(first)}


def test_what_has_no_effect_is_named_with_the_reason_and_nothing_else() -> None:
    found = named("Settings without effect")
    assert found == {name for name, effect in EFFECTS if effect is Effect.LATER}
    assert all(why.strip() for _, why in rows("Settings without effect"))


def test_what_is_refused_is_named_with_its_values() -> None:
    whole = {name for name, effect in EFFECTS if effect is Effect.SECURITY}
    partly = {option.name: option.refused for option in OPTIONS.values()}
    expected = whole | {name for name, values in partly.items() if values}
    assert named("Settings that are refused") == expected
    for first, values in rows("Settings that are refused"):
        for name in set(NAME.findall(first)) - whole:
            words = set(re.findall(r"`([^`]+)`", values))
            assert words == {str(value) for value in partly[name]}, name


def test_our_own_settings_are_named() -> None:
    ours = {option.name for option in OPTIONS.values() if option.ours}
    assert named("Settings of our own") == ours | {"target_session_attrs"}


def test_every_setting_on_the_page_exists() -> None:
    known = {name for name, _ in EFFECTS}
    for heading in (
        "Settings without effect",
        "Settings that are refused",
        "Settings of our own",
    ):
        assert named(heading) <= known
