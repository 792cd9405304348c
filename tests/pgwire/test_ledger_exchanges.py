"""Conversations with the ledger: queries, batches, pipelines, COPY out.

Each runs whole, byte by byte, and in pieces of odd sizes.
"""

from collections.abc import Sequence

import pytest

from .replies import (
    BOUND,
    CLOSED,
    COLUMNS,
    COPY_DONE,
    COPY_OUT,
    EMPTY,
    ERROR,
    NO_DATA,
    PARAMETERS,
    PARSED,
    READY,
    READY_FAILED,
    READY_IN_TRANSACTION,
    SELECTED,
    SUSPENDED,
    VALUE,
    data,
    done,
    row,
)
from .steps import IDLE, PIECES, Is, Sends, Shown, Step, converse

CONVERSATIONS: dict[str, Sequence[Step]] = {
    "a simple query": [
        Is("answered settled"),
        Sends("Q"),
        Is(),
        Shown(SELECTED),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "an empty query": [Sends("Q"), Shown(EMPTY + READY), IDLE],
    "several statements in one query": [
        Sends("Q"),
        Shown(
            done(b"BEGIN")
            + SELECTED
            + done(b"DELETE 3")
            + COPY_OUT
            + data()
            + COPY_DONE
            + done(b"COPY 1")
        ),
        Is(),
        Shown(READY_IN_TRANSACTION),
        Is("answered"),
    ],
    "a query fails after rows": [
        Sends("Q"),
        Shown(SELECTED + COLUMNS + row() + ERROR),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "a transaction": [
        Sends("Q"),
        Shown(done(b"BEGIN") + READY_IN_TRANSACTION),
        Is("answered"),
        Sends("Q"),
        Shown(ERROR + READY_FAILED),
        Is("answered"),
        Sends("Q"),
        Shown(done(b"ROLLBACK") + READY),
        IDLE,
    ],
    "queries in a pipeline": [
        Sends("QQ"),
        Shown(SELECTED + READY),
        Is(),
        Shown(ERROR + READY),
        IDLE,
    ],
    "a function call": [Sends("F"), Shown(VALUE), Is(), Shown(READY), IDLE],
    "a function call fails": [
        Sends("FQ"),
        Shown(ERROR + READY),
        Is(),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "an extended batch": [
        Sends("PBDES"),
        Shown(PARSED + BOUND + COLUMNS + row() + row() + done()),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "a Sync alone": [Sends("S"), Is(), Shown(READY), IDLE],
    "a statement is described": [
        Sends("PDS"),
        Shown(PARSED + PARAMETERS + COLUMNS + READY),
        IDLE,
    ],
    "a statement without rows is described": [
        Sends("DS"),
        Shown(PARAMETERS),
        Is(),
        Shown(NO_DATA + READY),
        IDLE,
    ],
    "a portal without rows is described": [
        Sends("BDES"),
        Shown(BOUND + NO_DATA + done(b"INSERT 0 1") + READY),
        IDLE,
    ],
    "a statement and a portal are closed": [
        Sends("CCS"),
        Shown(CLOSED + CLOSED),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "an empty statement": [Sends("PBES"), Shown(PARSED + BOUND + EMPTY + READY), IDLE],
    "rows in portions": [
        Sends("PBEH"),
        Shown(PARSED + BOUND + row() + SUSPENDED),
        Is("answered unsynced"),
        Sends("EH"),
        Is("unsynced"),
        Shown(row() + SUSPENDED),
        Is("answered unsynced"),
        Sends("ES"),
        Is(),
        Shown(done(b"SELECT 0")),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "after Flush the work is open": [
        Sends("PH"),
        Is("unsynced"),
        Shown(PARSED),
        Is("answered unsynced"),
        Sends("S"),
        Shown(READY),
        IDLE,
    ],
    "Flush is answered by nothing": [
        Sends("H"),
        IDLE,
        Sends("QH"),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "Parse fails": [Sends("PBDES"), Shown(ERROR), Is(), Shown(READY), IDLE],
    "Bind fails": [Sends("PBDES"), Shown(PARSED + ERROR + READY), IDLE],
    "Describe fails": [Sends("PDBES"), Shown(PARSED + ERROR + READY), IDLE],
    "Describe fails behind the parameters": [
        Sends("PDBES"),
        Shown(PARSED + PARAMETERS + ERROR + READY),
        IDLE,
    ],
    "Execute fails after rows": [
        Sends("BEES"),
        Shown(BOUND + row() + ERROR + READY),
        IDLE,
    ],
    "Close fails": [Sends("CES"), Shown(ERROR + READY), IDLE],
    "a deferred constraint fails at Sync": [
        Sends("PBESQ"),
        Shown(PARSED + BOUND + done(b"INSERT 0 1") + ERROR),
        Is(),
        Shown(READY),
        Is(),
        Shown(SELECTED + READY),
        IDLE,
    ],
    "a pipeline of batches, one fails": [
        Sends("PBESPBESPBES"),
        Shown(PARSED + BOUND + row() + done() + READY),
        Shown(PARSED + ERROR + READY),
        Is(),
        Shown(PARSED + BOUND + done() + READY),
        IDLE,
    ],
    "a Query ends a batch": [
        Sends("PBEQ"),
        Is(),
        Shown(PARSED + BOUND + row() + done() + SELECTED + READY),
        IDLE,
    ],
    "a Query behind a failed batch is thrown away": [
        Sends("PBEQ"),
        Shown(PARSED + ERROR),
        Is("answered unsynced"),
        Sends("Q"),
        Is("answered unsynced"),
        Sends("F"),
        Sends("PBE"),
        Is("answered unsynced"),
        Sends("S"),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "a Query and a FunctionCall before the Sync are thrown away": [
        Sends("PBQFS"),
        Shown(ERROR),
        Is(),
        Shown(READY),
        IDLE,
    ],
    "after the Sync a Query is answered again": [
        Sends("PBESQ"),
        Shown(ERROR + READY + SELECTED + READY),
        IDLE,
    ],
    "an error after Flush": [
        Sends("PH"),
        Shown(ERROR),
        Is("answered unsynced"),
        Sends("BES"),
        Shown(READY),
        IDLE,
    ],
    "a failed transaction in a batch": [
        Sends("PBES"),
        Shown(ERROR + READY_FAILED),
        Is("answered"),
    ],
    "COPY out": [
        Sends("Q"),
        Shown(COPY_OUT + data() + data() + COPY_DONE + done(b"COPY 2") + READY),
        IDLE,
    ],
    "COPY out in a batch": [
        Sends("PBDES"),
        Shown(
            PARSED
            + BOUND
            + NO_DATA
            + COPY_OUT
            + data()
            + COPY_DONE
            + done(b"COPY 1")
            + READY
        ),
        IDLE,
    ],
    "COPY out fails half-way": [
        Sends("Q"),
        Shown(COPY_OUT + data() + ERROR + READY),
        IDLE,
    ],
}


@pytest.mark.parametrize("pieces", PIECES, ids=str)
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_each_reply_goes_where_it_belongs(name: str, pieces: list[int]) -> None:
    converse(CONVERSATIONS[name], pieces)
