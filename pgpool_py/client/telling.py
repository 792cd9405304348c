"""Telling a client what went wrong, in PostgreSQL's form."""

from pgpool_py.errors import PoolerError
from pgwire.diagnostics import error as error_response


def told(error: PoolerError) -> bytes:
    """Give the ErrorResponse for one of our errors."""
    return error_response(
        error.severity, error.sqlstate, error.message, error.detail, error.hint
    ).encode()
