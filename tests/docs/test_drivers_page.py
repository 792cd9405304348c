"""The programs of docs/drivers.md do what the page says, in front of a real pooler."""

import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler

from .page import Page

PAGE = Page("drivers.md")

#: Where the page says that the pooler is.
PORT = "6432"


def programs() -> list[tuple[str, str, str]]:
    """Return each block of Python: its heading, its text, and what it prints."""
    return [
        (heading, text, printed if below == "text" else "")
        for heading in PAGE.headings
        for (language, text), (below, printed) in pairwise(
            [*PAGE.blocks(heading), ("", "")]
        )
        if language == "python"
    ]


PROGRAMS = programs()


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    """Return one as the page has it: database and user are called app."""
    return start_pooler(
        pool_mode="transaction",
        database_options="user=postgres",
        users={"app": ""},
    )


def placed(program: str, pooler: PoolerProcess, directory: Path) -> Path:
    """Write a program that finds the pooler where it is."""
    assert PORT in program
    file = directory / "program.py"
    file.write_text(program.replace(PORT, str(pooler.port)))
    return file


def test_every_driver_that_is_tested_has_a_program() -> None:
    text = "".join(program for _, program, _ in PROGRAMS)
    for module in ("psycopg", "psycopg_pool", "asyncpg", "sqlalchemy", "django"):
        assert f"import {module}\n" in text or f"from {module}" in text


@pytest.mark.integration
@pytest.mark.parametrize(
    ("program", "printed"),
    [program[1:] for program in PROGRAMS if program[0] != "Django"],
    ids=[heading for heading, _, _ in PROGRAMS if heading != "Django"],
)
def test_a_program_prints_what_is_below_it(
    pooler: PoolerProcess,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    program: str,
    printed: str,
) -> None:
    runpy.run_path(str(placed(program, pooler, tmp_path)), run_name="__main__")
    assert capsys.readouterr() == (printed, "")


@pytest.mark.integration
def test_the_program_of_django_prints_what_is_below_it(
    pooler: PoolerProcess, tmp_path: Path
) -> None:
    # A process of its own, for Django is configured once in each.
    ((program, printed),) = [found[1:] for found in PROGRAMS if found[0] == "Django"]
    done = subprocess.run(
        [sys.executable, "-W", "error", str(placed(program, pooler, tmp_path))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (printed, "")
