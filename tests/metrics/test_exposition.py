"""The text that Prometheus reads, by the parsers of its own library."""

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as plain

from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.metrics.exposition import PrometheusExposition
from pgpool_py.metrics.families import FAMILIES
from pgpool_py.metrics.rendering import Format
from pgpool_py.statistics import Counters, Distribution, Histogram, Snapshot, Tallied

from .snapshots import snapshot


@pytest.fixture
def exposition() -> PrometheusExposition:
    return PrometheusExposition()


def samples(
    exposition: PrometheusExposition, *pools: PoolSnapshot
) -> dict[tuple[str, ...], float]:
    """Return values by the name and the values of the labels, those sorted by name."""
    text = exposition.render(snapshot(*pools), Format.TEXT).decode()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): (
            sample.value
        )
        for family in plain(text)
        for sample in family.samples
    }


def test_both_formats_hold_every_metric(exposition: PrometheusExposition) -> None:
    names = {family.name for family in FAMILIES}
    text = exposition.render(snapshot(), Format.TEXT)
    assert names <= {
        line.split()[2]
        for line in text.decode().splitlines()
        if line.startswith("# TYPE")
    }
    strict = exposition.render(snapshot(), Format.OPENMETRICS)
    parsed = openmetrics(strict.decode())  # type: ignore[no-untyped-call]  # so
    found = {family.name for family in parsed}
    assert {name.removesuffix("_total") for name in names} <= found


def test_values_come_with_their_labels(exposition: PrometheusExposition) -> None:
    found = samples(exposition)
    assert found["pgpool_queries_total", "app", "ann"] == 7
    assert found["pgpool_clients", "app", "waiting", "ann"] == 3
    assert found["pgpool_client_errors_total", "", "28P01", ""] == 4
    assert found["pgpool_info", "3.11.2", "1.2"] == 1


def test_a_histogram_has_its_buckets_its_sum_and_its_count(
    exposition: PrometheusExposition,
) -> None:
    logins = Histogram()
    for seconds in (0.004, 0.3, 500.0):
        logins.observe(seconds)
    pool = PoolSnapshot("app", "ann", tallied=Tallied(logins=logins.snapshot()))
    found = samples(exposition, pool)
    name = "pgpool_client_login_seconds"
    at = {le: found[f"{name}_bucket", "app", le, "ann"] for le in ("0.005", "+Inf")}
    assert at == {"0.005": 1, "+Inf": 3}
    assert found[f"{name}_count", "app", "ann"] == 3
    assert found[f"{name}_sum", "app", "ann"] == pytest.approx(500.304)


def test_a_histogram_of_bytes_has_bounds_of_its_own(
    exposition: PrometheusExposition,
) -> None:
    counters = Counters(bytes_sent=300)
    counters.exchanges.note_lone(0.1, 300)
    found = samples(
        exposition, PoolSnapshot("app", "ann", exchanged=counters.exchanged())
    )
    name = "pgpool_answer_bytes"
    at = {le: found[f"{name}_bucket", "app", le, "ann"] for le in ("256", "1024")}
    assert at == {"256": 0, "1024": 1}
    assert found[f"{name}_sum", "app", "ann"] == 300


def test_the_process_has_the_names_that_all_have_for_it(
    exposition: PrometheusExposition,
) -> None:
    found = samples(exposition)
    assert found["process_cpu_seconds_total",] > 0
    assert found["process_resident_memory_bytes",] > 0


def test_names_that_are_not_utf8_stay_two(exposition: PrometheusExposition) -> None:
    pools = [
        PoolSnapshot(name, "u", counted=Snapshot(query_count=number))
        for number, name in enumerate(["caf\udce9", "caf\udce8", 'a"\n\\b'], 1)
    ]
    found = samples(exposition, *pools)
    assert found["pgpool_queries_total", "caf\\udce9", "u"] == 1
    assert found["pgpool_queries_total", "caf\\udce8", "u"] == 2
    assert found["pgpool_queries_total", 'a"\n\\b', "u"] == 3


def test_an_empty_distribution_is_a_histogram_too() -> None:
    assert Distribution().at_most()[-1] == 0
