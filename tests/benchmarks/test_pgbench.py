"""Tests of ``benchmarks/pgbench.py``."""

import pytest

from benchmarks import pgbench
from benchmarks.endpoint import Endpoint
from benchmarks.errors import PgbenchError

SUMMARY = """\
pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: <builtin: select only>
scaling factor: 10
query mode: simple
number of clients: 64
number of threads: 2
maximum number of tries: 1
duration: 5 s
number of transactions actually processed: 34567
number of failed transactions: 0 (0.000%)
latency average = 9.250 ms
initial connection time = 51.234 ms
tps = 6913.412345 (without initial connection time)
"""

ENDPOINT = Endpoint("127.0.0.1", 5432, "bench", "bench", "secret words")


def test_pgbench_s_summary_is_read() -> None:
    assert pgbench.parse_output(SUMMARY) == pgbench.Outcome(34567, 6913.412345, 9.25)


def test_a_summary_of_pgbench_14_without_a_line_of_failures_is_read() -> None:
    older = SUMMARY.replace("number of failed transactions: 0 (0.000%)\n", "")
    assert pgbench.parse_output(older).transactions == 34567


def test_a_run_with_failed_transactions_is_refused() -> None:
    with pytest.raises(PgbenchError, match="3 transactions failed"):
        pgbench.parse_output(SUMMARY.replace("transactions: 0 (", "transactions: 3 ("))


def test_output_without_a_summary_is_refused_and_shown() -> None:
    with pytest.raises(PgbenchError, match="out of luck"):
        pgbench.parse_output("out of luck")


def test_log_lines_without_a_latency_are_left_out() -> None:
    lines = [
        # client, transaction, latency in µs, script, seconds, microseconds
        "0 199 2241 0 1175850568 995598",
        "1 200 failed 0 1175850569 608",
        "1 201 skipped 0 1175850569 608",
        "",
    ]
    assert pgbench.parse_log(lines) == [2.241]


def test_the_first_error_of_pgbench_is_the_one_shown() -> None:
    stderr = "pgbench (15)\npgbench: error: client 3 aborted\npgbench: error: Run was"
    assert pgbench.first_error(stderr, 2).endswith("client 3 aborted")


def test_pgbench_gets_no_libpq_variable_but_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1GB")
    environment = pgbench.environment(ENDPOINT)
    assert "PGOPTIONS" not in environment
    assert environment["PGSSLMODE"] == "disable"
