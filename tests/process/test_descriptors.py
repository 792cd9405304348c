"""The limit on file descriptors."""

import resource
from dataclasses import replace

import pytest

from pgpool_py.process.descriptors import (
    ENOUGH_DESCRIPTORS,
    OTHER_DESCRIPTORS,
    raise_limit,
)
from pgpool_py.settings import DatabaseSettings, PeerSettings, Settings

# 10 clients, 3 servers and 2 of the reserve
SETTINGS = Settings(
    max_client_conn=10,
    databases={"app": DatabaseSettings(pool_size=3, reserve_pool_size=2)},
)
NEEDED = 15 + OTHER_DESCRIPTORS


class Limits:
    def __init__(self, soft: int, hard: int) -> None:
        self.limits = (soft, hard)

    def getrlimit(self, which: int) -> tuple[int, int]:
        assert which == resource.RLIMIT_NOFILE
        return self.limits

    def setrlimit(self, which: int, limits: tuple[int, int]) -> None:
        self.limits = limits


def limit(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> Limits:
    limits = Limits(soft, hard)
    monkeypatch.setattr(resource, "getrlimit", limits.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", limits.setrlimit)
    return limits


def test_the_soft_limit_is_raised_to_the_hard_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits = limit(monkeypatch, 20, NEEDED)
    raise_limit(SETTINGS)
    assert limits.limits == (NEEDED, NEEDED)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("soft", "raised"),
    [
        (20, ENOUGH_DESCRIPTORS),
        (ENOUGH_DESCRIPTORS + 1, ENOUGH_DESCRIPTORS + 1),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    ],
)
def test_without_a_hard_limit_the_soft_one_is_raised_to_a_number(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    soft: int,
    raised: int,
) -> None:
    limits = limit(monkeypatch, soft, resource.RLIM_INFINITY)
    raise_limit(SETTINGS)
    assert limits.limits == (raised, resource.RLIM_INFINITY)
    assert caplog.records == []


def test_more_than_that_number_is_warned_of_without_a_hard_limit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limit(monkeypatch, 20, resource.RLIM_INFINITY)
    raise_limit(Settings(max_client_conn=ENOUGH_DESCRIPTORS))
    (record,) = caplog.records
    assert f"limit is {ENOUGH_DESCRIPTORS}" in record.getMessage()


def test_a_hard_limit_that_may_not_do_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limit(monkeypatch, NEEDED - 1, NEEDED - 1)
    raise_limit(SETTINGS)
    (record,) = caplog.records
    assert f"may need {NEEDED} file descriptors" in record.getMessage()
    assert f"limit is {NEEDED - 1}" in record.getMessage()


@pytest.mark.parametrize(("peer_id", "more"), [(0, 0), (3, 2 * (4 + 20))])
def test_peers_need_two_for_each_request_in_a_group(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    peer_id: int,
    more: int,
) -> None:
    limit(monkeypatch, 1, 1)
    peers = {5: PeerSettings("h", pool_size=4), 6: PeerSettings("h")}
    raise_limit(replace(SETTINGS, peer_id=peer_id, peers=peers))
    (record,) = caplog.records
    assert f"may need {NEEDED + more} file descriptors" in record.getMessage()
