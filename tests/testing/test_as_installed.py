"""Modules of ours that pytest leaves alone, and those of others."""

import sys
from importlib.machinery import SourceFileLoader

from pgpool_py.testing.as_installed import as_installed


def test_ours_are_found_as_python_finds_them() -> None:
    with as_installed():
        finder = sys.meta_path[0]
        for name in ("pgpool_py", "pgwire"):
            spec = finder.find_spec(name, None)
            assert spec is not None
            assert type(spec.loader) is SourceFileLoader


def test_those_of_others_are_left_to_who_comes_next() -> None:
    with as_installed():
        assert sys.meta_path[0].find_spec("pytest", None) is None


def test_afterwards_all_is_as_before() -> None:
    before = list(sys.meta_path)
    with as_installed():
        assert sys.meta_path[1:] == before
    assert sys.meta_path == before
