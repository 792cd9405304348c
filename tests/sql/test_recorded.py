"""Tests of statements that programs and drivers have sent.

``recorded/`` has them as PostgreSQL wrote them to its log (log_statement): of psql's
commands, pg_dump, pg_dumpall, pgbench, psycopg, SQLAlchemy and asyncpg.
"""

from pathlib import Path

import pytest

from pgpool_py.sql.classify import classify
from pgwire.classification import Touch
from pgwire.glance import harmless_at_a_glance

DIRECTORY = Path(__file__).parent / "recorded"
STATEMENTS = [
    statement
    for file in sorted(DIRECTORY.glob("*.sql"))
    for statement in file.read_bytes().split(b"\n----\n")
]


def is_harmless(text: bytes) -> bool:
    return harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is not None


@pytest.mark.parametrize("text", STATEMENTS)
def test_all_are_understood(text: bytes) -> None:
    touches = classify(text).touches

    assert not touches & Touch.OPAQUE
    if is_harmless(text):
        assert touches == Touch(0)


def test_most_are_harmless_at_a_glance() -> None:
    harmless = [text for text in STATEMENTS if not classify(text).touches]

    assert sum(map(is_harmless, harmless)) > len(harmless) / 2
