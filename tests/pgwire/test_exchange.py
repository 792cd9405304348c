"""The tables of requests and replies."""

import pytest

from pgwire.codes import Backend, Frontend
from pgwire.diagnostics import error
from pgwire.exchange import (
    ANYTHING,
    DRAINED,
    ENDS_IN_READY,
    EXECUTE_COPIES_IN,
    EXTENDED,
    NONCE,
    POPS,
    QUERY,
    REPLIES,
    REQUESTS,
    SKIP,
    STAYS,
    is_fatal,
    name_of,
    read_error,
)


def test_requests_are_bits_of_their_own() -> None:
    unanswered = {Frontend.FLUSH, Frontend.COPY_DATA, Frontend.TERMINATE}
    assert not unanswered & set(REQUESTS)
    seen = 0
    for kind, entry in REQUESTS.items():
        if kind != Frontend.COPY_FAIL:  # shares the mark of CopyDone
            assert not seen & entry
        seen |= entry
    assert not ENDS_IN_READY & EXTENDED


@pytest.mark.parametrize("kind", POPS)
def test_no_reply_both_completes_a_request_and_leaves_it(kind: int) -> None:
    assert not STAYS.get(kind, 0) & POPS[kind]


def test_login_and_replication_are_no_replies() -> None:
    others = {Backend.AUTHENTICATION, Backend.BACKEND_KEY_DATA}
    others |= {Backend.COPY_BOTH_RESPONSE, Backend.NEGOTIATE_PROTOCOL_VERSION}
    assert not others & REPLIES


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (QUERY | SKIP, "message type 'Q'"),
        (EXECUTE_COPIES_IN, "message type 'E', in copy-in"),
        (ANYTHING, "an unknown number of messages"),
        (NONCE | DRAINED | SKIP, "the end of a drain"),
        (NONCE, "the end of the uncertainty"),
        (0, "no message"),
    ],
)
def test_each_head_has_a_name(head: int, name: str) -> None:
    assert name_of(head) == name


@pytest.mark.parametrize(
    ("severity", "fatal"),
    [("ERROR", False), ("FATAL", True), ("PANIC", True), ("WARNING", False)],
)
def test_only_the_severity_tells_the_end_of_a_connection(
    severity: str, fatal: bool
) -> None:
    assert is_fatal(error(severity, "57P01", "terminating")) == fatal


@pytest.mark.parametrize(
    ("beginning", "fields"),
    [
        (b"", {}),
        (b"S", {}),
        (b"SERR", {}),
        (b"SERROR\0", {"S": "ERROR"}),
        (b"SERROR\0M", {"S": "ERROR"}),
        (b"SERROR\0Mbad\0", {"S": "ERROR", "M": "bad"}),
        (b"SERROR\0Mbad\0\0", {"S": "ERROR", "M": "bad"}),
    ],
)
def test_the_beginning_of_an_error_gives_its_whole_fields(
    beginning: bytes, fields: dict[str, str]
) -> None:
    assert read_error(beginning, whole=False).fields == fields
