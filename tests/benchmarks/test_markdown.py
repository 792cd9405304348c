"""Tests of ``benchmarks/markdown.py``."""

from dataclasses import replace

from benchmarks import markdown
from benchmarks.case import Owed
from benchmarks.contest import DIRECT, WITH_ITSELF
from benchmarks.errors import WireError
from benchmarks.sample import Metric
from benchmarks.targets import PoolerConfig

from .results import compared


def test_every_row_of_the_table_has_seven_cells() -> None:
    made = compared([1234.0], [1000.0], Owed(Metric.THROUGHPUT, "≥", 0.9))
    made.fail(DIRECT, WireError("gone"))
    table = markdown.tables([made], ["a machine"]).splitlines()
    rows = [line for line in table if line.startswith("|")]
    assert rows[2].startswith("| a | throughput, 1/s |  | 1 000 [1 000..1 000] |")
    assert {line.count("|") for line in rows} == {8}


def test_ours_with_itself_has_a_table_of_its_own() -> None:
    beside, itself = compared([1.0], [1.0]), compared([9.0], [8.0], contest=WITH_ITSELF)
    table = markdown.tables([itself, beside], []).splitlines()
    heads = [line for line in table if line.startswith("| case")]
    assert heads == [
        "| case | measured | direct | PgBouncer | ours | ours / PgBouncer | owed |",
        "| case | measured | off | auto | auto / off | owed |",
    ]
    assert table[-1] == (
        "| a | throughput, 1/s | 8 [8..8] | 9 [9..9] | 1.12 [1.12..1.12] |  |"
    )


def test_cases_with_settings_of_ours_are_named() -> None:
    made = compared([1.0], [1.0])
    made.case = replace(made.case, config=PoolerConfig(multiplexing="auto"))
    first, *_ = markdown.tables([made], []).splitlines()
    assert first == "- ours with multiplexing = auto: a"
