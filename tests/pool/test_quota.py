"""A limit that several pools share."""

import pytest

from pgpool_py.pool.quota import Quota


def test_a_quota_without_a_limit_is_never_full() -> None:
    quota = Quota()
    for _ in range(1000):
        quota.add()
    assert not quota.full


def test_a_quota_is_full_when_as_many_are_in_use_as_the_limit_says() -> None:
    quota = Quota(2)
    seen = []
    for change in (quota.add, quota.add, quota.remove):
        change()
        seen.append(quota.full)
    assert seen == [False, True, False]


def test_a_limit_that_was_lowered_leaves_what_is_in_use_alone() -> None:
    quota = Quota(3)
    for _ in range(3):
        quota.add()
    quota.limit = 1
    quota.remove()
    assert quota.full
    assert quota.used == 2


def test_a_miscount_is_an_error_and_not_hidden() -> None:
    with pytest.raises(ValueError, match="more given back than was taken"):
        Quota(1).remove()
