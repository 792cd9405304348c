"""SHOW STATS, STATS_TOTALS, STATS_AVERAGES and TOTALS: the same figures four ways."""

import pytest

from tests.admin.dialogue import Dialogue, opened
from tests.pooler.staging import Stage

COUNTS = (
    "server_assignment_count",
    "xact_count",
    "query_count",
    "bytes_received",
    "bytes_sent",
    "xact_time",
    "query_time",
    "wait_time",
    "client_parse_count",
    "server_parse_count",
    "bind_count",
    "client_login_count",
)
IN_TOTALS = (
    "server_assignment_count",
    "xact_count",
    "query_count",
    "client_bytes",
    "server_bytes",
    "xact_time",
    "query_time",
    "wait_time",
    "ps_client_parse_count",
    "ps_server_parse_count",
    "ps_bind_count",
    "client_login_count",
)


@pytest.fixture
def dialogue(stage: Stage) -> Dialogue:
    for user in ("ann", "bob"):
        counters = stage.pool("shop", user).counters
        for number, name in enumerate(COUNTS, start=1):
            setattr(counters, name, number)
    stage.loop.reactor.now += 3
    return opened(stage)


def shop(dialogue: Dialogue, what: str) -> tuple[str | None, ...]:
    (row,) = [r for r in dialogue.ask(f"SHOW {what}").rows if r[0] == "shop"]
    return row[1:]


def test_totals_and_averages_are_the_halves_of_stats(dialogue: Dialogue) -> None:
    both = shop(dialogue, "STATS")
    assert shop(dialogue, "STATS_TOTALS") == both[:12]
    assert shop(dialogue, "STATS_AVERAGES") == both[12:]


def test_totals_are_sums_of_all_pools_and_times_microseconds(
    dialogue: Dialogue,
) -> None:
    assert shop(dialogue, "STATS_TOTALS") == (
        *("2", "4", "6", "8", "10"),
        *("12000000", "14000000", "16000000"),
        *("18", "20", "22", "24"),
    )


def test_totals_of_everything_are_one_row_per_figure(dialogue: Dialogue) -> None:
    stats = {r["database"]: r for r in dialogue.ask("SHOW STATS_TOTALS").table}
    rows = dialogue.ask("SHOW TOTALS").table
    assert [row["name"] for row in rows] == [
        *(f"total_{name}" for name in IN_TOTALS),
        *(f"avg_{name}" for name in IN_TOTALS),
    ]
    values = {row["name"]: row["value"] for row in rows}
    assert values["total_xact_time"] == "12000000"
    # The console's own queries count: the one before, and this one.
    own = int(stats["pgbouncer"]["query_count"] or "")
    assert values["total_query_count"] == str(6 + own + 1)
