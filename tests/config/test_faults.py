"""Tests of ``pgpool_py/config/faults.py``."""

from pgpool_py.config.faults import ConfigError, Fault, shown


def test_a_fault_names_its_file_and_line() -> None:
    assert str(Fault("a.ini", 12, "wrong")) == "a.ini:12: wrong"


def test_a_fault_of_the_whole_file_has_no_line() -> None:
    assert str(Fault("a.ini", 0, "wrong")) == "a.ini: wrong"


def test_faults_sort_by_file_and_line() -> None:
    faults = [Fault("b", 1, "x"), Fault("a", 10, "x"), Fault("a", 9, "y")]
    assert [str(fault) for fault in sorted(faults)] == ["a:9: y", "a:10: x", "b:1: x"]


def test_the_error_says_all_its_faults() -> None:
    error = ConfigError((Fault("a", 1, "x"), Fault("a", 2, "y")))
    assert str(error) == "a:1: x\na:2: y"


def test_a_value_is_shown_in_quotes_and_cut() -> None:
    assert shown("abc") == '"abc"'
    assert shown("a" * 100) == '"' + "a" * 60 + '…"'


def test_what_a_terminal_cannot_take_is_escaped() -> None:
    assert shown("a\x1b\udcffü") == r'"a\x1b\udcffü"'
    assert str(Fault("a\n", 1, "x\udcff")) == r"a\n:1: x\udcff"
