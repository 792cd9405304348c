"""docs/console.md has all columns of the commands that PgBouncer has not."""

import pytest

from pgpool_py.admin.directory import SHOWS
from pgpool_py.pooler.holders import MOST

from .page import Page, quoted

PAGE = Page("console.md")
OWN = [name for name in PAGE.headings if name.startswith("SHOW ")]


def test_commands_of_our_own_are_there() -> None:
    assert OWN == ["SHOW LEAKS", "SHOW PINS", "SHOW STATS_PINS", "SHOW ADVICE"]


@pytest.mark.parametrize("command", OWN)
def test_all_columns_are_told_of_in_their_order(command: str) -> None:
    show = SHOWS[command.removeprefix("SHOW ").lower()]
    told = [name for row in PAGE.rows(command)[1:] for name in quoted(row[0])]
    assert told == [column.name for column in show.columns]


def test_the_number_of_those_that_are_shown_is_right() -> None:
    assert f"the\n{MOST} that are so longest" in PAGE.section("SHOW LEAKS")
