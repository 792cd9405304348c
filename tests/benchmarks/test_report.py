"""Tests of ``benchmarks/report.py``."""

from dataclasses import replace

from benchmarks import report
from benchmarks.case import Basis, Owed
from benchmarks.contest import WITH_ITSELF
from benchmarks.errors import WireError
from benchmarks.runner import Result
from benchmarks.sample import Metric
from benchmarks.targets import PoolerConfig

from .results import case, compared


def scaled(clients: int, cost: float) -> Result:
    made = Result(case(group="scaling", clients=clients))
    made.samples["ours"] = [{Metric.CPU: cost}]
    return made


def test_what_is_owed_is_held_against_the_lower_quartile() -> None:
    owed = Owed(Metric.THROUGHPUT, "≥", 1.5, Basis.LOWER)
    steady = compared([1.5, 1.6, 1.6, 1.6, 1.6], [1.0] * 5, owed)
    shaky = compared([1.4, 1.4, 1.6, 1.6, 1.6], [1.0] * 5, owed)
    assert report.verdict(steady, owed).endswith("met")
    assert report.verdict(shaky, owed).endswith("MISSED")


def test_nothing_is_said_of_a_bound_that_was_not_measured() -> None:
    owed = Owed(Metric.THROUGHPUT, "≥", 0.9)
    assert report.verdict(compared([], [1.0], owed), owed) == "owed ≥ 0.9 times"


def test_a_target_that_failed_has_no_samples_but_a_reason() -> None:
    made = compared([1.0], [1.0])
    made.fail("ours", WireError("gone"))
    assert made.values("ours", Metric.THROUGHPUT) == []
    assert report.failures(made) == ["ours: FAILED: gone"]


def test_growth_is_told_relative_to_the_fewest_clients() -> None:
    (line,) = report.flatness([scaled(10, 40.0), scaled(1000, 50.0)])
    assert line == (
        "CPU per transaction by clients, ours: 10: 1.00, 1000: 1.25; "
        "flat within 20%: MISSED"
    )


def test_what_costs_less_with_more_clients_is_flat() -> None:
    (line,) = report.flatness([scaled(10, 40.0), scaled(100, 20.0), scaled(1000, 48.0)])
    assert line.endswith("10: 1.00, 100: 0.50, 1000: 1.20; flat within 20%: met")


def test_a_bound_on_the_greatest_holds_in_all_runs() -> None:
    owed = Owed(Metric.LONGEST, "≤", 10, Basis.WORST)
    longest = Metric.LONGEST
    once = compared([2.0, 2.0, 11.0], [50.0] * 3, owed, metric=longest)
    never = compared([2.0, 2.0, 10.0], [1.0] * 3, owed, metric=longest)
    assert report.verdict(once, owed) == "owed ≤ 10 medians (in all runs): MISSED"
    assert report.verdict(never, owed).endswith("met")


def test_ours_with_itself_is_held_against_ours_without() -> None:
    owed = Owed(Metric.P99, "≤", 1.1)
    made = compared([12.0], [10.0], owed, metric=Metric.P99, contest=WITH_ITSELF)
    lines = report.block(made).splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["off", "auto", "auto"]
    assert lines[-1].startswith("    auto / off        1.20 [1.20..1.20]")
    assert lines[-1].endswith("owed ≤ 1.1 times: MISSED")


def test_a_block_is_under_the_settings_of_ours() -> None:
    multiplexed = replace(case(), config=PoolerConfig(multiplexing="auto"))
    assert report.block(Result(multiplexed)) == (
        "\na: a case, ours with multiplexing = auto"
    )
