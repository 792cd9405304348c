"""Conversations with the ledger: a copy-in that begins where more was sent already.

What stands behind its Sync was sent before anybody knew that it is a COPY. Each runs
whole, byte by byte, and in pieces of odd sizes.
"""

from collections.abc import Sequence

import pytest

from pgwire.exchange import PARSE

from .replies import BOUND, COPY_IN, ERROR, FATAL, PARSED, READY, SELECTED, done
from .steps import IDLE, PIECES, Hidden, Is, Sends, Shown, Skips, Step, converse

CONVERSATIONS: dict[str, Sequence[Step]] = {
    "copy-in is refused in front of a batch with a Parse of ours": [
        Sends("PBES"),
        Skips((PARSE,)),
        Sends("BES"),
        Shown(PARSED + BOUND + COPY_IN),
        # Data would come too late: the server has read on, or ended.
        Is(),
        Shown(ERROR + READY),
        Hidden(PARSED),
        Shown(BOUND + done() + READY),
        IDLE,
    ],
    "a simple copy-in is refused in front of a batch with a Parse of ours": [
        Sends("QSS"),
        Skips((PARSE,)),
        Sends("BES"),
        Shown(COPY_IN + ERROR + READY + READY + READY),
        Hidden(PARSED),
        Shown(BOUND + done() + READY),
        IDLE,
    ],
    "copy-in is refused, and each Sync behind a query is answered": [
        Sends("PBESQ"),
        Shown(PARSED + BOUND + COPY_IN),
        Sends("SS"),
        Shown(ERROR + READY + SELECTED + READY + READY + READY),
        IDLE,
    ],
    "copy-in meets a Parse of ours, at which the server ends": [
        Sends("PBES"),
        Skips((PARSE,)),
        Sends("BES"),
        Shown(PARSED + BOUND + COPY_IN + ERROR + FATAL),
    ],
}


@pytest.mark.parametrize("pieces", PIECES, ids=str)
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_each_reply_goes_where_it_belongs(name: str, pieces: list[int]) -> None:
    converse(CONVERSATIONS[name], pieces)
