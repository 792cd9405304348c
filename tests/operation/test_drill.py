"""RELOAD, PAUSE and RESUME go unnoticed, and what a drill would find."""

from dataclasses import replace

import pytest

from tests.fixtures.pooling import StartPooler
from tests.operation.drill import MOST_GROWTH, SETTINGS, Footprint, Outcome, drill

ROUNDS = 50
QUIET = Outcome(5, 50, Footprint(20, 1, 1 << 20), Footprint(20, 1, 1 << 20), "")


def test_clients_notice_nothing_and_nothing_piles_up(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(more=SETTINGS)
    outcome = drill(pooler, lambda rounds: rounds >= ROUNDS)
    assert outcome.rounds == ROUNDS
    assert not outcome.faults


def test_a_quiet_drill_has_no_faults() -> None:
    assert QUIET.faults == []


@pytest.mark.parametrize(
    "outcome",
    [
        replace(QUIET, printed="pgbench: error: client 3 aborted"),
        replace(QUIET, transactions=39),
        replace(QUIET, after=replace(QUIET.after, descriptors=21)),
        replace(QUIET, after=replace(QUIET.after, threads=2)),
        replace(QUIET, after=replace(QUIET.after, rss=(2 << 20) + MOST_GROWTH)),
    ],
    ids=["error", "standstill", "descriptor", "thread", "memory"],
)
def test_each_kind_of_fault_is_found(outcome: Outcome) -> None:
    assert len(outcome.faults) == 1
