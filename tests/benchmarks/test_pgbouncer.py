"""Tests of ``benchmarks/pgbouncer.py``."""

import pytest

from benchmarks import pgbouncer
from benchmarks.errors import PgbouncerError


def test_pgbouncer_s_version_is_read() -> None:
    assert pgbouncer.parse_version("PgBouncer 1.24.1\nlibevent 2.1") == (1, 24, 1)


def test_another_program_is_no_pgbouncer() -> None:
    with pytest.raises(PgbouncerError, match="calls itself"):
        pgbouncer.parse_version("pgcat 1.2.0")
