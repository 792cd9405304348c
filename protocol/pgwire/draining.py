"""What is sent to a server to bring it to a known, idle state.

A bare Sync would commit work that PostgreSQL would have rolled back, had its client's
connection been lost; so ROLLBACK comes first.
"""

from typing import Final

from .codes import TransactionStatus
from .copying import CopyFail
from .errors import LocalProtocolError
from .frontend import Execute, Flush, Query, Sync

_HEX: Final = frozenset(b"0123456789abcdef")


def nonce_query(nonce: bytes) -> bytes:
    """Give the Query whose RowDescription alone holds ``nonce``.

    Raises:
        LocalProtocolError: the nonce is not 16 to 63 hex digits. Fewer may be met by
            chance, and PostgreSQL cuts names at 63 bytes.
    """
    _check(nonce)
    return Query(b'SELECT 1 AS "' + nonce + b'"').encode()


def failing_nonce_query(nonce: bytes) -> bytes:
    """Give the Query whose error alone holds ``nonce``, for a failed transaction.

    There PostgreSQL runs nothing, but refuses what is no SQL in words of its own.

    Raises:
        LocalProtocolError: see :func:`nonce_query`.
    """
    _check(nonce)
    return Query(b'"' + nonce + b'"').encode()


def _check(nonce: bytes) -> None:
    if not 16 <= len(nonce) <= 63 or not _HEX.issuperset(nonce):
        raise LocalProtocolError("a nonce must be 16 to 63 hex digits, in lower case")


def resynchronising_requests(nonce: bytes, status: int, *, at_ready: bool) -> bytes:
    """Give what tells how much a server still owes.

    Args:
        nonce: see :func:`nonce_query`.
        status: of the transaction when its last ReadyForQuery came.
        at_ready: whether that was all that came since a copy-in failed. If not, the
            server may read on to a Sync; and a transaction has failed.
    """
    intact = TransactionStatus.IDLE, TransactionStatus.IN_TRANSACTION
    if status in intact[: 1 + at_ready]:
        query = nonce_query(nonce)
    else:
        query = failing_nonce_query(nonce)
    return query if at_ready else Sync().encode() + query


def skip_request() -> bytes:
    """Give what an Execute answers with an error alone, so that a Sync is read on to.

    No client is known to give a portal this name.
    """
    return Execute(b"pgpool_missing").encode() + Flush().encode()


def drain_requests(nonce: bytes) -> bytes:
    """Give what ends any exchange, transaction and copy-in that a client left behind.

    CopyFail ends copy-in and is ignored elsewhere. The first ROLLBACK is thrown away
    if the server reads on to a Sync after an error; then the Sync ends that, and the
    second one rolls back. The nonce's answer proves that all was read.
    """
    return b"".join(
        (
            CopyFail(b"client disconnected").encode(),
            Query(b"ROLLBACK").encode(),
            Sync().encode(),
            Query(b"ROLLBACK").encode(),
            nonce_query(nonce),
        )
    )
