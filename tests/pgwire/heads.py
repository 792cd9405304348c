"""Every reply, every head of a ledger, and which may answer which."""

from pgwire.ledger import Ledger

from .replies import (
    BOUND,
    CLOSED,
    COLUMNS,
    COPY_DONE,
    COPY_IN,
    COPY_OUT,
    EMPTY,
    ERROR,
    NO_DATA,
    NONCE,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    PARAMETERS,
    PARSED,
    READY,
    SUSPENDED,
    VALUE,
    Reader,
    data,
    done,
    message,
    row,
)

REPLIES = {
    "T": COLUMNS,
    "D": row(),
    "C": done(),
    "I": EMPTY,
    "Z": READY,
    "E": ERROR,
    "1": PARSED,
    "2": BOUND,
    "3": CLOSED,
    "n": NO_DATA,
    "t": PARAMETERS,
    "s": SUSPENDED,
    "V": VALUE,
    "H": COPY_OUT,
    "G": COPY_IN,
    "d": data(),
    "c": COPY_DONE,
    "N": NOTICE,
    "S": PARAMETER,
    "A": NOTIFICATION,
    # Of the login and of replication, and one that does not exist.
    "R": message("R", b"\0\0\0\0"),
    "K": message("K", b"\0\0\0\1key!"),
    "v": message("v", b"\0\3\0\0\0\0\0\0"),
    "W": message("W", b"\0\0\0"),
    "?": message("?"),
}
ASYNC = "NSA"
ANY = "TDCIZE123ntsVHGdc" + ASYNC

# What each head may be answered by.
LEGAL = {
    "Q": "TDCIZEHGdc" + ASYNC,
    "F": "VZE" + ASYNC,
    "S": "ZE" + ASYNC,
    "P": "1E" + ASYNC,
    "B": "2E" + ASYNC,
    "D": "tTnE" + ASYNC,
    "E": "DCIsEHGdc" + ASYNC,
    "C": "3E" + ASYNC,
    "nothing": ASYNC,
    "after an error": ASYNC,
    "simple copy-in": "CE" + ASYNC,
    "extended copy-in": "CE" + ASYNC,
    "uncertain": ANY,
    "resynchronising": ANY,
    "draining": ANY,
}


def reader_at(head: str) -> Reader:
    """Give a reader whose ledger has this head."""
    reader = Reader(Ledger())
    if len(head) == 1:
        reader.send(head)
    elif head == "after an error":
        reader.send("P")
        reader.feed(ERROR)
    elif head == "simple copy-in":
        reader.send("Qc")
        reader.feed(COPY_IN)
    elif head == "extended copy-in":
        reader.send("EcS")
        reader.feed(COPY_IN)
    elif head in {"uncertain", "resynchronising"}:
        reader.send("EScS")
        reader.feed(COPY_IN + ERROR + READY)
        if head == "resynchronising":
            reader.ledger.resynchronise(NONCE)
    elif head == "draining":
        reader.ledger.drain(NONCE)
    return reader
