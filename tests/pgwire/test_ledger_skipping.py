"""Conversations with the ledger: messages of ours, async ones, FATAL, drains.

Each runs whole, byte by byte, and in pieces of odd sizes.
"""

from collections.abc import Sequence

import pytest

from pgwire.exchange import BIND, EXECUTE, PARSE, QUERY, SYNC
from pgwire.ledger import HOLD_LIMIT, Ledger

from .replies import (
    BOUND,
    COLUMNS,
    COPY_IN,
    ERROR,
    FATAL,
    NONCE_ANSWER,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    PARSED,
    READY,
    READY_FAILED,
    READY_IN_TRANSACTION,
    SELECTED,
    done,
    row,
)
from .steps import (
    IDLE,
    PIECES,
    Drains,
    Hidden,
    Is,
    Resynchronises,
    Sends,
    Shown,
    Skips,
    Step,
    converse,
)

OURS = (PARSE, BIND, EXECUTE, SYNC)
OURS_ANSWERED = PARSED + BOUND + row() + done() + READY

CONVERSATIONS: dict[str, Sequence[Step]] = {
    "ours in front of a batch": [
        Skips(OURS),
        Sends("PBES"),
        Hidden(OURS_ANSWERED),
        Shown(PARSED + BOUND + row() + done() + READY),
        IDLE,
    ],
    "ours in front of a query": [
        Skips((QUERY,)),
        Sends("Q"),
        Hidden(SELECTED + READY),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "ours behind a query": [
        Sends("Q"),
        Skips((QUERY,)),
        Shown(SELECTED + READY),
        Hidden(SELECTED + READY),
        IDLE,
    ],
    "a Parse of ours within a batch": [
        Skips((PARSE,)),
        Sends("BES"),
        Hidden(PARSED),
        Shown(BOUND + done() + READY),
        IDLE,
    ],
    "a Parse of ours in the middle of a batch": [
        Sends("PBE"),
        Skips((PARSE,)),
        Sends("BES"),
        Shown(PARSED + BOUND + done()),
        Hidden(PARSED),
        Shown(BOUND + done() + READY),
        IDLE,
    ],
    "an error of ours within a batch is the batch's": [
        Skips((PARSE,)),
        Sends("BES"),
        Shown(ERROR + READY),
        IDLE,
    ],
    "an error of ours within a batch that is not synced": [
        Skips((PARSE,)),
        Sends("BEH"),
        Shown(ERROR),
        Is("answered unsynced"),
        Sends("S"),
        Shown(READY),
        IDLE,
    ],
    "an error of ours alone": [
        Skips(OURS),
        Sends("Q"),
        Hidden(ERROR + READY),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "an error of our query": [
        Skips((QUERY,)),
        Sends("Q"),
        Hidden(ERROR + READY),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "an error of the client behind ours": [
        Skips(OURS),
        Sends("PBES"),
        Hidden(OURS_ANSWERED),
        Shown(ERROR + READY),
        IDLE,
    ],
    "our Sync behind an error of the client": [
        Sends("PH"),
        Skips((SYNC,)),
        Shown(ERROR),
        Hidden(READY),
        IDLE,
    ],
    "ours is thrown away too": [
        Sends("PH"),
        Shown(ERROR),
        Skips((PARSE, BIND, EXECUTE, SYNC)),
        Is(),
        Hidden(READY),
        IDLE,
    ],
    "a notice belongs to the running exchange": [
        Skips((QUERY,)),
        Sends("Q"),
        Hidden(NOTICE + SELECTED + NOTICE + READY),
        Shown(NOTICE + SELECTED + NOTICE + READY),
        IDLE,
    ],
    "a parameter belongs to the running exchange": [
        Skips((QUERY,)),
        Hidden(PARAMETER + done(b"SET") + READY),
        Sends("Q"),
        Shown(done(b"SET") + PARAMETER + READY),
        IDLE,
    ],
    "a notification is the session's, even among ours": [
        Skips(OURS),
        Sends("Q"),
        Hidden(PARSED),
        Shown(NOTIFICATION),
        Hidden(BOUND + done()),
        Shown(NOTIFICATION),
        Hidden(READY),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "async messages while idle": [Shown(NOTIFICATION + NOTICE + PARAMETER), IDLE],
    "FATAL while idle": [Shown(FATAL), IDLE],
    "FATAL in a query": [Sends("Q"), Shown(COLUMNS + FATAL), Is()],
    "an error, then FATAL, in copy-in": [
        Sends("PBES"),
        Shown(PARSED + BOUND + COPY_IN),
        Sends("cQ"),
        Shown(ERROR + FATAL),
        Is("uncertain"),
    ],
    "a drain while idle": [
        Drains(),
        Is(),
        Hidden(
            NOTICE
            + done(b"ROLLBACK")
            + READY
            + READY
            + NOTICE
            + done(b"ROLLBACK")
            + READY
            + NONCE_ANSWER
        ),
        IDLE,
    ],
    "a drain in a transaction": [
        Sends("Q"),
        Shown(done(b"BEGIN") + READY_IN_TRANSACTION),
        Drains(),
        Hidden(done(b"ROLLBACK") + READY + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain in a query": [
        Sends("Q"),
        Shown(COLUMNS + row()),
        Drains(),
        Hidden(row() + done() + READY + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain in a batch": [
        Sends("PBE"),
        Shown(PARSED),
        Drains(),
        Is(),
        Hidden(BOUND + row() + done() + done(b"ROLLBACK") + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain after an error in a batch": [
        Sends("PBE"),
        Shown(ERROR),
        Drains(),
        Hidden(READY + NOTICE + done(b"ROLLBACK") + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain in copy-in": [
        Sends("PBES"),
        Shown(PARSED + BOUND + COPY_IN),
        Drains(),
        Is(),
        Hidden(ERROR + READY + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain while uncertain": [
        Sends("PBES"),
        Shown(PARSED + BOUND + COPY_IN),
        Sends("dc"),
        Shown(ERROR),
        Is("uncertain"),
        Drains(),
        Hidden(READY + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain over the nonce's query": [
        Sends("PBES"),
        Shown(PARSED + BOUND + COPY_IN),
        Sends("dcS"),
        Shown(ERROR + READY),
        Resynchronises(),
        Drains(),
        Hidden(COLUMNS + row() + done() + READY + READY + NONCE_ANSWER),
        IDLE,
    ],
    "a drain among ours": [
        Skips(OURS),
        Hidden(PARSED),
        Drains(),
        Hidden(BOUND + done() + READY + ERROR + READY_FAILED + NONCE_ANSWER),
        IDLE,
    ],
    "what is sent behind a drain": [
        Drains(),
        Skips((QUERY,)),
        Hidden(NONCE_ANSWER),
        Is(),
        Hidden(done(b"DISCARD ALL") + READY),
        IDLE,
    ],
}


@pytest.mark.parametrize("pieces", PIECES, ids=str)
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_each_reply_goes_where_it_belongs(name: str, pieces: list[int]) -> None:
    converse(CONVERSATIONS[name], pieces)


def test_where_notifications_come_another_way_none_is_shown() -> None:
    ledger = Ledger()
    ledger.notifies = False
    for stream, shown in (
        (NOTIFICATION + NOTICE, NOTICE),
        (NOTICE + NOTIFICATION + PARAMETER, NOTICE + PARAMETER),
    ):
        buffer = bytearray(stream).ljust(HOLD_LIMIT + 1, b"\0")
        assert ledger.receive(buffer, len(stream)) == len(stream)
        found = b"".join(buffer[start:end] for start, end in ledger.runs)
        assert found == shown
