"""What the benchmarks read and reckon, without running any."""

import base64
from pathlib import Path

import pytest

from benchmarks import (
    cases,
    cpu,
    figures,
    memory,
    pgbench,
    pgbouncer,
    report,
    scram,
    targets,
    wire,
)
from benchmarks.cases import Basis, Case, Owed
from benchmarks.endpoint import Endpoint
from benchmarks.errors import PgbenchError, PgbouncerError, WireError
from benchmarks.runner import DIRECT, Result
from benchmarks.sample import Metric

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


def case(*owed: Owed, group: str = "", clients: int = 1) -> Case:
    return Case("a", "a case", lambda *_: {}, clients, owed, group=group)


def result(ours: list[float], theirs: list[float], *owed: Owed) -> Result:
    made = Result(case(*owed))
    made.samples["ours"] = [{Metric.THROUGHPUT: value} for value in ours]
    made.samples["pgbouncer"] = [{Metric.THROUGHPUT: value} for value in theirs]
    return made


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


def test_processor_time_is_read_behind_a_name_with_parentheses() -> None:
    # pid (name) state, then 10 fields, then utime and stime in ticks.
    line = "42 (a) b (c)) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0"
    used = cpu.parse_stat(line)
    assert used.user == pytest.approx(250 * cpu.TICK)
    assert used.system == pytest.approx(50 * cpu.TICK)


def test_resident_memory_is_read_in_bytes() -> None:
    text = "5600-7ffc ---p 00000000 00:00 0 [rollup]\nRss:    884 kB\nPss:   385 kB\n"
    assert memory.parse_rollup(text) == 884 * 1024


def test_a_rollup_without_resident_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="Rss"):
        memory.parse_rollup("Pss: 385 kB\n")


def test_quartiles_lie_within_the_values() -> None:
    figure = figures.summarise([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (figure.lower, figure.median, figure.upper) == (2.0, 3.0, 4.0)
    assert figure.spread == pytest.approx(4 / 3)


def test_one_value_is_its_own_quartiles() -> None:
    assert figures.summarise([7.0]) == figures.Figure(7.0, 7.0, 7.0, 7.0, 7.0)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        figures.summarise([])
    with pytest.raises(ValueError, match="no values"):
        figures.percentile([], 0.5)


def test_ratios_are_taken_round_by_round() -> None:
    assert figures.ratios([3.0, 8.0, 1.0], [2.0, 4.0, 0.0]) == [1.5, 2.0]


def test_the_99th_percentile_of_a_hundred_is_the_last() -> None:
    values = [float(number) for number in range(1, 101)]
    assert figures.percentile(values, 0.99) == 100.0
    assert figures.percentile(values, 0.5) == 51.0


def test_pgbouncer_s_version_is_read() -> None:
    assert pgbouncer.parse_version("PgBouncer 1.24.1\nlibevent 2.1") == (1, 24, 1)


def test_another_program_is_no_pgbouncer() -> None:
    with pytest.raises(PgbouncerError, match="calls itself"):
        pgbouncer.parse_version("pgcat 1.2.0")


def test_a_secret_is_that_of_rfc_7677() -> None:
    # The example of RFC 7677 section 3 gives password, salt and iterations; the
    # keys follow from them by RFC 5802 section 3.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram.secret("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_password_does_not_show() -> None:
    assert "secret words" not in repr(ENDPOINT)


def test_a_startup_packet_begins_with_its_length_and_the_protocol() -> None:
    packet = wire.startup("u", "d", "n")
    assert packet == (
        b"\x00\x00\x00\x2e"  # length, itself included
        b"\x00\x03\x00\x00"  # protocol 3.0
        b"user\x00u\x00"
        b"database\x00d\x00"
        b"application_name\x00n\x00"
        b"\x00"  # end of the parameters
    )


def test_an_error_shows_severity_code_and_message() -> None:
    fields = b"SFATAL\x00VFATAL\x00C53300\x00Mno more connections\x00\x00"
    reply = wire.message(b"E", fields)
    assert wire.error_text(reply) == "FATAL 53300: no more connections"


def test_every_pooler_gets_the_settings_of_the_case() -> None:
    config = targets.PoolerConfig(pool_size=8, auth_type="scram-sha-256")
    text = targets.ini(config, ENDPOINT, 6432, Path("/nowhere/userlist.txt"))
    assert "default_pool_size = 8\n" in text
    assert "auth_type = scram-sha-256\n" in text
    assert "listen_port = 6432\n" in text


def test_names_of_cases_are_unique_and_apart_from_groups() -> None:
    names = [each.name for each in cases.CASES]
    assert len(names) == len(set(names))
    assert not set(names) & {each.group for each in cases.CASES}


def test_a_group_stands_for_its_cases() -> None:
    assert [each.name for each in cases.select(["equal"])] == ["equal4", "equal8"]
    assert cases.select([]) == list(cases.CASES)


def test_an_unknown_case_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"no case no_such; there are .*simple64"):
        cases.select(["no_such"])


def test_what_is_owed_is_held_against_the_lower_quartile() -> None:
    owed = Owed(Metric.THROUGHPUT, "≥", 1.5, Basis.LOWER)
    steady = result([1.5, 1.6, 1.6, 1.6, 1.6], [1.0] * 5, owed)
    shaky = result([1.4, 1.4, 1.6, 1.6, 1.6], [1.0] * 5, owed)
    assert report.verdict(steady, owed).endswith("met")
    assert report.verdict(shaky, owed).endswith("MISSED")


def test_nothing_is_said_of_a_bound_that_was_not_measured() -> None:
    owed = Owed(Metric.THROUGHPUT, "≥", 0.9)
    assert report.verdict(result([], [1.0], owed), owed) == "owed ≥ 0.9 times"


def test_a_target_that_failed_has_no_samples_but_a_reason() -> None:
    made = result([1.0], [1.0])
    made.fail("ours", WireError("gone"))
    assert made.values("ours", Metric.THROUGHPUT) == []
    assert report.failures(made) == ["ours: FAILED: gone"]


def test_every_row_of_the_table_has_seven_cells() -> None:
    made = result([1234.0], [1000.0], Owed(Metric.THROUGHPUT, "≥", 0.9))
    made.fail(DIRECT, WireError("gone"))
    table = report.markdown([made], ["a machine"]).splitlines()
    rows = [line for line in table if line.startswith("|")]
    assert rows[2].startswith("| a | throughput, 1/s |  | 1 000 [1 000..1 000] |")
    assert {line.count("|") for line in rows} == {8}


def test_growth_is_told_relative_to_the_fewest_clients() -> None:
    results = []
    for clients, cost in ((10, 40.0), (1000, 50.0)):
        made = Result(case(group="scaling", clients=clients))
        made.samples["ours"] = [{Metric.CPU: cost}]
        results.append(made)
    assert report.flatness(results) == [
        "CPU per transaction by clients, ours: 10: 1.00, 1000: 1.25"
    ]
