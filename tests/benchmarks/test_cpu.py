"""Tests of ``benchmarks/cpu.py``."""

import pytest

from benchmarks import cpu


def test_processor_time_is_read_behind_a_name_with_parentheses() -> None:
    # pid (name) state, then 10 fields, then utime and stime in ticks.
    line = "42 (a) b (c)) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0"
    used = cpu.parse_stat(line)
    assert used.user == pytest.approx(250 * cpu.TICK)
    assert used.system == pytest.approx(50 * cpu.TICK)
