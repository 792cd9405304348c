"""The tests of docs/testing.md do what the page says."""

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.testing.handle import PgPool

from .page import Page, quoted

PAGE = Page("testing.md")


def blocks(heading: str, language: str) -> list[str]:
    """Return the blocks of code below a heading."""
    return [text for found, text in PAGE.blocks(heading) if found == language]


@pytest.fixture
def ran(pytester: pytest.Pytester, postgres: EmbeddedPostgres) -> pytest.RunResult:
    """Return what came of all tests of the page."""
    for number, heading in enumerate(PAGE.headings):
        for text in blocks(heading, "python"):
            if "unittest" not in heading:
                pytester.makepyfile(**{f"test_page_{number}": text})
    return pytester.runpytest_inprocess(f"--pgpool-dsn={postgres.dsn}", "-q")


@pytest.mark.integration
def test_the_tests_pass_but_the_one_that_leaves_something(
    ran: pytest.RunResult,
) -> None:
    ran.assert_outcomes(passed=7, errors=1)
    (said,) = blocks("Strict mode", "text")
    lines = [line.replace("?", "[?]") for line in said.splitlines()]
    ran.stdout.fnmatch_lines(lines, consecutive=True)


@pytest.mark.integration
@pytest.mark.parametrize("number", [0, 1])
def test_the_programs_run(pytester: pytest.Pytester, number: int) -> None:
    program = blocks("unittest and scripts", "python")[number]
    pytester.makepyfile(test_program=program)
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(passed=1 - number)


def test_the_tables_name_what_a_pooler_has() -> None:
    for heading in ("What a test can ask", "Faults"):
        for cells in PAGE.rows(heading)[1:]:
            for name in quoted(cells[0]):
                assert hasattr(PgPool, name.partition("(")[0]), name
