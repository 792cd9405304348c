"""Tests of ``benchmarks/memory.py``."""

import pytest

from benchmarks import memory


def test_resident_memory_is_read_in_bytes() -> None:
    text = "5600-7ffc ---p 00000000 00:00 0 [rollup]\nRss:    884 kB\nPss:   385 kB\n"
    assert memory.parse_rollup(text) == 884 * 1024


def test_a_rollup_without_resident_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="Rss"):
        memory.parse_rollup("Pss: 385 kB\n")
