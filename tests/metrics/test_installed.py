"""The extra is there, or it is not."""

import sys

import pytest

from pgpool_py.metrics.installed import find_exposition


def test_where_it_is_installed_it_renders() -> None:
    assert find_exposition() is not None


def test_where_it_is_not_there_is_nothing_that_renders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pgpool_py.metrics.exposition", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client.core", None)
    assert find_exposition() is None
