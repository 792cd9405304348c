"""Tests of ``benchmarks/options.py``."""

import pytest

from benchmarks import options
from benchmarks.cases import select
from benchmarks.runner import Plan


def test_settings_add_up() -> None:
    words = ["--setting", "multiplexing_depth=4", "--setting", "a = b = c", "--quick"]
    arguments = options.parser(None).parse_args(words)
    assert arguments.setting == [("multiplexing_depth", "4"), ("a", "b = c")]


@pytest.mark.parametrize("text", ["depth", "=4", ""])
def test_what_is_no_setting_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options.parser(None).parse_args(["--setting", text])
    assert f"{text!r} is not name=value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "tail", "other"),
    [([], 5, 9), (["--quick"], 3, 3), (["--runs", "7"], 7, 7)],
)
def test_a_case_has_the_rounds_that_are_enough_or_asked_for(
    words: list[str], tail: int, other: int
) -> None:
    plan: Plan = options.plan(options.parser(None).parse_args(words))
    rounds = [plan.rounds(case) for case in select(["tail_a", "simple64"])]
    assert rounds == [other, tail]
