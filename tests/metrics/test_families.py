"""Every metric keeps to Prometheus' conventions, and is read from a snapshot."""

import re
from dataclasses import replace

import pytest

from pgpool_py.metrics.families import FAMILIES
from pgpool_py.metrics.family import Family, Kind
from pgpool_py.statistics import Distribution, Exchanged, Histogram, Tallied

from .snapshots import APP, snapshot

BY_NAME = {family.name: family for family in FAMILIES}
NAMES = pytest.mark.parametrize("name", BY_NAME)


def values(name: str) -> dict[tuple[str, ...], object]:
    return dict(BY_NAME[name].samples(snapshot()))


def test_no_two_have_one_name() -> None:
    assert len(BY_NAME) == len(FAMILIES)
    # OpenMetrics takes counters by their names without the ending.
    bare = {name.removesuffix("_total") for name in BY_NAME}
    assert len(bare) == len(FAMILIES)


@NAMES
def test_a_name_is_ours_and_a_counters_ends_in_total(name: str) -> None:
    assert re.fullmatch(r"pgpool(_[a-z]+)+", name)
    assert name.endswith("_total") is (BY_NAME[name].kind is Kind.COUNTER)
    assert not re.search(r"_(ms|milliseconds|us|kb|percent)(_|$)", name)


@NAMES
def test_what_it_means_is_a_sentence(name: str) -> None:
    meaning = BY_NAME[name].meaning
    assert meaning.endswith(".")
    assert "\n" not in meaning


@NAMES
def test_each_sample_has_a_value_of_its_kind_and_labels_of_its_own(name: str) -> None:
    family = BY_NAME[name]
    samples = list(family.samples(snapshot()))
    labels = [labels for labels, _ in samples]
    assert len(set(labels)) == len(labels)
    for found, value in samples:
        assert len(found) == len(family.labels)
        assert isinstance(value, Distribution) is (family.kind is Kind.HISTOGRAM)


def test_clients_and_servers_are_told_apart_by_state() -> None:
    assert values("pgpool_clients") == {
        ("app", "ann", "active"): 2,
        ("app", "ann", "idle"): 0,
        ("app", "ann", "waiting"): 3,
    }
    assert values("pgpool_servers")["app", "ann", "active"] == 2
    assert values("pgpool_pool_utilisation_ratio") == {("app", "ann"): 0.5}


def test_who_got_a_server_at_once_has_waited_no_time() -> None:
    [waits] = values("pgpool_client_wait_seconds").values()
    assert isinstance(waits, Distribution)
    assert (waits.count, waits.counts[0]) == (5, 5)


def test_who_then_shared_a_server_has_waited_too() -> None:
    shared = Histogram()
    shared.observe(0.3)
    pool = replace(APP, exchanged=Exchanged(shared_waits=shared.snapshot()))
    family = BY_NAME["pgpool_client_wait_seconds"]
    [(_, waits)] = family.samples(snapshot(pool))
    assert isinstance(waits, Distribution)
    assert (waits.count, waits.total) == (6, 0.3)


def test_so_has_who_waited_in_vain() -> None:
    unserved = Histogram()
    unserved.observe(120.0)
    pool = replace(APP, tallied=Tallied(unserved=unserved.snapshot()))
    [(_, waits)] = BY_NAME["pgpool_client_wait_seconds"].samples(snapshot(pool))
    assert isinstance(waits, Distribution)
    assert (waits.count, waits.total) == (6, 120.0)


def test_what_is_counted_of_clients_in_no_pool_has_no_names() -> None:
    assert values("pgpool_clients_closed_total") == {("app", "ann", "evicted"): 2}
    errors = values("pgpool_client_errors_total")
    assert {labels: value for labels, value in errors.items() if value} == {
        ("", "", "28P01"): 4
    }


def test_what_alerts_are_about_is_there_before_it_happens() -> None:
    assert values("pgpool_client_errors_total")["app", "ann", "53300"] == 0
    failures = values("pgpool_server_login_failures_total")
    assert failures["app", "ann", "connect failed"] == 0
    assert failures["", "", "connect failed"] == 0


def test_the_state_is_one_of_all() -> None:
    states = values("pgpool_state")
    assert [labels for labels, value in states.items() if value] == [("ready",)]
    assert len(states) == 5


def test_a_family_is_named_where_it_is_used() -> None:
    assert all(isinstance(family, Family) for family in FAMILIES)
