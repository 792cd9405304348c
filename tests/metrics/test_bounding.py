"""Names may be the clients' to choose: the number of series stays in bounds."""

import pytest

from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.metrics import bounding
from pgpool_py.metrics.bounding import Bounds
from pgpool_py.statistics import Snapshot

from .snapshots import database, snapshot


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounding, "MOST", 2)


def pool(name: str, queries: int = 1) -> PoolSnapshot:
    return PoolSnapshot(name, "u", counted=Snapshot(query_count=queries))


def pools(bounds: Bounds, *given: PoolSnapshot) -> dict[tuple[str, str], int]:
    """Return the queries of each that has a series of its own."""
    bounded = bounds.apply(snapshot(*given))
    return {(p.database, p.user): p.counted.query_count for p in bounded.pools}


def test_the_first_keep_their_series_and_the_rest_is_summed_up() -> None:
    bounds = Bounds()
    assert pools(bounds, pool("b"), pool("c")) == {("b", "u"): 1, ("c", "u"): 1}
    assert pools(bounds, pool("a"), pool("b"), pool("c"), pool("d", 5)) == {
        ("b", "u"): 1,
        ("c", "u"): 1,
        ("other", "other"): 6,
    }


def test_a_place_stays_taken_while_its_pool_is_away() -> None:
    bounds = Bounds()
    pools(bounds, pool("b"), pool("c"))
    assert pools(bounds, pool("a"), pool("c")) == {("c", "u"): 1, ("other", "other"): 1}
    assert ("b", "u") in pools(bounds, pool("a"), pool("b"), pool("c"))


def test_a_pool_of_that_very_name_is_among_the_others() -> None:
    other = PoolSnapshot("other", "other", counted=Snapshot(query_count=2))
    assert pools(Bounds(), other) == {("other", "other"): 2}


def test_of_databases_only_the_first_are_told_of() -> None:
    given = [database(name) for name in "abc"]
    bounded = Bounds().apply(snapshot(databases=given))
    assert [found.name for found in bounded.databases] == ["a", "b"]
