"""Results that were not measured."""

from benchmarks.case import Case, Owed
from benchmarks.contest import BESIDE_PGBOUNCER, Contest
from benchmarks.runner import Result
from benchmarks.sample import Metric


def case(
    *owed: Owed,
    group: str = "",
    clients: int = 1,
    contest: Contest = BESIDE_PGBOUNCER,
) -> Case:
    """Return a case that measures nothing."""
    return Case(
        "a", "a case", lambda *_: {}, clients, owed, group=group, contest=contest
    )


def compared(
    ours: list[float],
    theirs: list[float],
    *owed: Owed,
    metric: Metric = Metric.THROUGHPUT,
    contest: Contest = BESIDE_PGBOUNCER,
) -> Result:
    """Return a result in which both sides of a contest have these values."""
    made = Result(case(*owed, contest=contest))
    made.samples[contest.ours] = [{metric: value} for value in ours]
    made.samples[contest.other] = [{metric: value} for value in theirs]
    return made
