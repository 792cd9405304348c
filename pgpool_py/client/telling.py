"""Telling a client what went wrong, in PostgreSQL's form."""

from typing import Final

from pgpool_py.errors import PoolerError
from pgwire.codes import Sqlstate
from pgwire.diagnostics import error as error_response

# The words of PostgreSQL, for an exchange that it never saw.
CANCELED: Final = error_response(
    "ERROR", Sqlstate.QUERY_CANCELED, "canceling statement due to user request"
).encode()


def told(error: PoolerError) -> bytes:
    """Give the ErrorResponse for one of our errors."""
    return error_response(
        error.severity, error.sqlstate, error.message, error.detail, error.hint
    ).encode()
