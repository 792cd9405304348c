"""What the requests behind a copy-in say."""

from collections import deque

import pytest

from pgwire.copy_in import (
    drop_ignored,
    is_ready_due,
    is_sync_in_data,
    is_unsynced,
    stops_reading,
)
from pgwire.exchange import COPY_END, PARSE, QUERY, SKIP, SYNC, UnaccountedReply


@pytest.mark.parametrize(
    ("behind", "in_data", "stops"),
    [
        ([], False, False),
        ([SYNC], True, False),
        ([COPY_END, SYNC], False, True),
        ([SYNC, COPY_END, SYNC], True, True),
        # The server ends at that, or has failed before it read anything.
        ([PARSE | SKIP, SYNC], False, True),
        ([SYNC, PARSE | SKIP, SYNC], False, True),
        ([SYNC, SYNC, QUERY, COPY_END], False, True),
    ],
)
def test_a_sync_is_in_the_data_if_no_end_is_before_it(
    behind: list[int], in_data: bool, stops: bool
) -> None:
    assert is_sync_in_data(deque(behind)) == in_data
    assert stops_reading(deque(behind)) == stops


def test_syncs_up_to_the_end_were_ignored() -> None:
    behind = deque([SYNC, SYNC, COPY_END, SYNC])
    drop_ignored(behind)
    assert list(behind) == [SYNC]


@pytest.mark.parametrize(
    ("behind", "due"),
    [
        ([], False),
        ([SYNC], False),
        ([SYNC, COPY_END], False),
        ([SYNC, COPY_END, SYNC], True),
        ([SYNC, COPY_END, SYNC, PARSE], True),
    ],
)
def test_a_sync_behind_the_end_is_answered_for_certain(
    behind: list[int], due: bool
) -> None:
    assert is_ready_due(deque(behind)) == due


@pytest.mark.parametrize("behind", [[], [SYNC], [PARSE, COPY_END]])
def test_an_impossible_good_end_is_refused(behind: list[int]) -> None:
    with pytest.raises(UnaccountedReply, match="copy-in ended well"):
        drop_ignored(deque(behind))


@pytest.mark.parametrize(
    ("behind", "unsynced"),
    [
        ([], True),
        ([COPY_END], True),
        ([SYNC], False),
        ([QUERY], False),
        ([SYNC, PARSE], True),
        ([SYNC, COPY_END], False),
    ],
)
def test_the_last_request_says_whether_the_batch_is_ended(
    behind: list[int], unsynced: bool
) -> None:
    assert is_unsynced(deque(behind)) == unsynced
