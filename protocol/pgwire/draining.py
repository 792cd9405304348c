"""What is sent to a server to bring it to a known, idle state.

A bare Sync would commit work that PostgreSQL would have rolled back, had its client's
connection been lost; so ROLLBACK comes first.
"""

from typing import Final

from .copying import CopyFail
from .errors import LocalProtocolError
from .frontend import Query, Sync

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
