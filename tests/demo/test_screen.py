"""What is printed: rows in place on a terminal, lines elsewhere."""

import io

import pytest

from pgpool_py.demo.screen import Screen, grouped
from pgpool_py.demo.watch import Sample

BEFORE = Sample(transactions=100, assignments=50, wait_us=1000)
NOW = Sample(
    clients=64,
    waiting=12,
    active=3,
    idle=1,
    backends=4,
    transactions=300,
    assignments=150,
    wait_us=251_000,
)
# 200 transactions in 2 s; 250 ms of waiting in 100 assignments.
ROW = "      7       64       12        4       3     1             100           2.5"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def test_a_row_is_what_happened_between_two_samples() -> None:
    out = io.StringIO()
    screen = Screen(out)
    screen.row(7.0, BEFORE, NOW, 2.0)
    screen.row(7.0, BEFORE, NOW, 2.0)
    assert out.getvalue() == f"{ROW}\n{ROW}\n"


def test_each_figure_stands_under_its_heading() -> None:
    out = io.StringIO()
    screen = Screen(out)
    screen.head()
    screen.row(7.0, BEFORE, NOW, 2.0)
    headings, row = out.getvalue().splitlines()
    assert len(headings) == len(row)


def test_on_a_terminal_a_row_replaces_the_one_before(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.row(7.0, BEFORE, NOW, 2.0)
    screen.row(7.0, BEFORE, NOW, 2.0)
    screen.say("the end")
    again = "\r\x1b[K"
    assert terminal.getvalue() == f"{again}{ROW}{again}{ROW}\nthe end\n"


def test_a_row_never_wraps_on_a_narrow_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    Screen(terminal).row(7.0, BEFORE, NOW, 2.0)
    assert terminal.getvalue() == f"\r\x1b[K{ROW[:19]}"


def test_a_dumb_terminal_gets_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    Screen(terminal).row(7.0, BEFORE, NOW, 2.0)
    assert terminal.getvalue() == f"{ROW}\n"


def test_where_nobody_got_a_server_nobody_waited() -> None:
    out = io.StringIO()
    Screen(out).row(1.0, NOW, NOW, 1.0)
    assert out.getvalue().split()[-2:] == ["0", "0.0"]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (12345, "12 345"), (10**6, "1 000 000")],
)
def test_numbers_are_printed_in_groups_of_three(number: int, text: str) -> None:
    assert grouped(number) == text
