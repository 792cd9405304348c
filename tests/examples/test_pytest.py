"""The application of examples/pytest is clean, and strict mode sees when it is not."""

from pathlib import Path

import pytest

# Imported here, it outlives the runs: it cannot be imported twice in one process.
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.orm  # noqa: F401

pytestmark = pytest.mark.integration

_EXAMPLE = Path(__file__).parents[2] / "examples" / "pytest"
_REMOVES = "    SESSIONS.remove()\n"


@pytest.fixture
def example(pytester: pytest.Pytester) -> Path:
    """Return a copy of it, in the directory that tests are run in."""
    for file in _EXAMPLE.iterdir():
        if file.is_file():
            (pytester.path / file.name).write_bytes(file.read_bytes())
    return pytester.path


def test_its_tests_pass(
    pytester: pytest.Pytester, example: Path, database: str
) -> None:
    result = pytester.runpytest_inprocess(f"--pgpool-dsn={database}", "-q")
    result.assert_outcomes(passed=3)


def test_without_the_line_that_ends_a_session_strict_mode_fails(
    pytester: pytest.Pytester, example: Path, database: str
) -> None:
    shop = example / "shop.py"
    text = shop.read_text()
    assert text.count(_REMOVES) == 1
    shop.write_text(text.replace(_REMOVES, ""))
    result = pytester.runpytest_inprocess(f"--pgpool-dsn={database}", "-q")
    # Those behind it find nothing of what it has left.
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_a_sale_is_one_transaction *",
            "clients of the pooler have left behind:",
            "  idle transaction: select item*application 'stock'*",
        ],
        consecutive=True,
    )
