"""Bodies that are made once for many, and one at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pgpool_py.web import kept as kept_module
from pgpool_py.web.kept import FRESH, KeptBodies
from pgpool_py.web.question import NoAnswerError
from tests.fixtures.hand import Clock
from tests.fixtures.waiting import PATIENCE

MANY = 16


class Maker:
    """Makes bodies, each another one."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> bytes:
        self.made += 1
        return b"%d" % self.made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kept_module, "time", clock)
    return clock


def test_many_scrapers_cost_what_one_costs(clock: Clock) -> None:
    kept, make, start = KeptBodies(), Maker(), threading.Barrier(MANY)

    def scrape() -> bytes:
        start.wait(PATIENCE)
        return kept.get("/metrics", "text", make)

    with ThreadPoolExecutor(MANY) as threads:
        scrapes = [threads.submit(scrape) for _ in range(MANY)]
    assert [scrape.result() for scrape in scrapes] == [b"1"] * MANY


def test_each_path_and_format_has_its_own(clock: Clock) -> None:
    kept, make = KeptBodies(), Maker()
    for _ in range(2):
        assert kept.get("/metrics", "text", make) == b"1"
        assert kept.get("/metrics", "openmetrics", make) == b"2"
        assert kept.get("/api/snapshot", "json", make) == b"3"


def test_a_body_is_kept_for_a_moment(clock: Clock) -> None:
    kept, make = KeptBodies(), Maker()
    assert [kept.get("/", "", make) for _ in range(2)] == [b"1", b"1"]
    clock.advance(FRESH)
    assert [kept.get("/", "", make) for _ in range(2)] == [b"2", b"2"]


def test_what_could_not_be_made_is_not_kept(clock: Clock) -> None:
    def fail() -> bytes:
        raise NoAnswerError

    kept = KeptBodies()
    with pytest.raises(NoAnswerError):
        kept.get("/", "", fail)
    assert kept.get("/", "", Maker()) == b"1"


def test_one_is_made_at_a_time_and_others_wait_for_so_long(
    clock: Clock,
) -> None:
    kept = KeptBodies(patience=0.01)

    def make() -> bytes:
        with (
            ThreadPoolExecutor(1) as other,
            pytest.raises(NoAnswerError, match=r"within 0\.01 s"),
        ):
            other.submit(kept.get, "/", "other", Maker()).result(PATIENCE)
        return b"done"

    assert kept.get("/", "", make) == b"done"
