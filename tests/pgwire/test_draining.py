"""What is sent to bring a server to an idle state."""

import pytest

from pgwire.codes import TransactionStatus
from pgwire.draining import (
    drain_requests,
    failing_nonce_query,
    nonce_query,
    resynchronising_requests,
    skip_request,
)
from pgwire.errors import LocalProtocolError

from .replies import NONCE


def test_the_nonce_is_the_name_of_the_only_column() -> None:
    wire = (
        b"Q"  # type
        b"\x00\x00\x00\x33"  # length 51
        b'SELECT 1 AS "00112233445566778899aabbccddeeff"\0'
    )
    assert nonce_query(NONCE) == wire


def test_in_a_failed_transaction_the_nonce_is_no_sql() -> None:
    wire = (
        b"Q"  # type
        b"\x00\x00\x00\x27"  # length 39
        b'"00112233445566778899aabbccddeeff"\0'
    )
    assert failing_nonce_query(NONCE) == wire


def test_rollback_comes_before_the_sync() -> None:
    wire = (
        b"f\x00\x00\x00\x18client disconnected\0"  # CopyFail
        b"Q\x00\x00\x00\x0dROLLBACK\0"
        b"S\x00\x00\x00\x04"
        b"Q\x00\x00\x00\x0dROLLBACK\0"
    )
    assert drain_requests(NONCE) == wire + nonce_query(NONCE)


@pytest.mark.parametrize("nonce", [b"", b"0" * 15, b"0" * 64, b'"' * 16, b"A" * 16])
def test_a_nonce_that_could_be_met_or_cut_is_refused(nonce: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="16 to 63 hex digits"):
        nonce_query(nonce)
    with pytest.raises(LocalProtocolError, match="16 to 63 hex digits"):
        failing_nonce_query(nonce)


PLAIN, FAILING = nonce_query(NONCE), failing_nonce_query(NONCE)
SYNC = b"S\0\0\0\4"


@pytest.mark.parametrize(
    ("status", "at_ready", "requests"),
    [
        (TransactionStatus.IDLE, True, PLAIN),
        (TransactionStatus.IN_TRANSACTION, True, PLAIN),
        (TransactionStatus.FAILED, True, FAILING),
        (TransactionStatus.IDLE, False, SYNC + PLAIN),
        # A COPY has failed in it since.
        (TransactionStatus.IN_TRANSACTION, False, SYNC + FAILING),
        (TransactionStatus.FAILED, False, SYNC + FAILING),
    ],
)
def test_what_is_asked_depends_on_what_is_known(
    status: int, at_ready: bool, requests: bytes
) -> None:
    assert resynchronising_requests(NONCE, status, at_ready=at_ready) == requests


def test_an_error_that_is_asked_for_is_flushed() -> None:
    wire = (
        b"E\x00\x00\x00\x17pgpool_missing\0\0\0\0\0"  # no limit of rows
        b"H\x00\x00\x00\x04"
    )
    assert skip_request() == wire
