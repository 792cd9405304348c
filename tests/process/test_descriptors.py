"""The limit on file descriptors."""

import resource

import pytest

from pgpool_py.process.descriptors import OTHER_DESCRIPTORS, raise_limit
from pgpool_py.settings import DatabaseSettings, Settings

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


@pytest.mark.parametrize("hard", [NEEDED, resource.RLIM_INFINITY])
def test_the_soft_limit_is_raised_to_the_hard_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, hard: int
) -> None:
    limits = limit(monkeypatch, 20, hard)
    raise_limit(SETTINGS)
    assert limits.limits == (hard, hard)
    assert caplog.records == []


def test_a_hard_limit_that_may_not_do_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limit(monkeypatch, NEEDED - 1, NEEDED - 1)
    raise_limit(SETTINGS)
    (record,) = caplog.records
    assert f"may need {NEEDED} file descriptors" in record.getMessage()
    assert f"limit is {NEEDED - 1}" in record.getMessage()
