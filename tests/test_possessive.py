"""No pattern of ours means something else to a Python before 3.11.5."""

import re

import pytest

from tests.house.possessive import goes_too_far, patterns


def test_no_pattern_goes_further_in_an_older_python() -> None:
    found = {**patterns("pgwire"), **patterns("pgpool_py")}
    assert "pgpool_py.sql.lexer._LEXER" in found
    names = [name for name, value in found.items() if goes_too_far(value.pattern)]
    assert names == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:ab?c)++",
        "(?:a+b)*+",
        r"(?:y|x(?<!x))*+",
        r"(?:x(?!y)|z)*+",
        r"(?:--[^\n]++)*+",
        r"(?:\s++|--[^\n]*+\n)*+",
        r"(?:(?:a|b(?!c))d*+)?+",
        r"(?:a(?:b?+c)++|(?!))*+",
        r"(a|(?=(?:b?c)*+))",
    ],
)
def test_what_would_is_found(pattern: str) -> None:
    assert goes_too_far(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "[ab]*+",
        "(?:[^']++|'')*+",
        r"(?:\s++|--[^\n]*+)*+",
        r"(?:\.[0-9]*+)?+",
        "(?:a?b)*",
    ],
)
def test_what_would_not_is_not(pattern: str) -> None:
    assert not goes_too_far(pattern)


def test_an_alternative_that_fails_where_it_stands_is_the_way_out() -> None:
    pattern = "(?:ab?c|(?!))++"
    assert not goes_too_far(pattern)
    assert re.findall(pattern, "aca") == ["ac"]
