"""Telling a client what went wrong, in PostgreSQL's form."""

from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgwire.codes import Sqlstate
from pgwire.diagnostics import error as error_response
from pgwire.diagnostics import notice
from pgwire.errors import MessageTooLong, ProtocolViolation


def told(error: PoolerError) -> bytes:
    """Give the ErrorResponse for one of our errors."""
    return error_response(
        error.severity, error.sqlstate, error.message, error.detail, error.hint
    ).encode()


#: For an exchange that PostgreSQL never saw.
CANCELED: Final = told(errors.canceled())


def violated(violation: ProtocolViolation) -> PoolerError:
    """Give the error for a client that broke the protocol."""
    if isinstance(violation, MessageTooLong):
        return errors.packet_too_large(violation.size, violation.limit)
    return errors.protocol_violation(
        violation.message, violation.detail, violation.hint
    )


def noticed(text: str) -> bytes:
    """Give the NoticeResponse for a text."""
    return notice("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, text).encode()
