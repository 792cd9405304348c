"""What is wrong with an extended message, in PostgreSQL's words.

PgBouncer has none for it: its console takes simple queries only. Source:
``tcop/postgres.c``, ``commands/prepare.c``, ``utils/mmgr/portalmem.c``.
"""

from pgpool_py.errors import ConsoleError, Severity
from pgwire.codes import Sqlstate


def _error(
    message: str, sqlstate: str, detail: str | None = None, hint: str | None = None
) -> ConsoleError:
    return ConsoleError(
        message, sqlstate, severity=Severity.ERROR, detail=detail, hint=hint
    )


def no_parameters() -> ConsoleError:
    """Refuse a parameter in the place of an argument."""
    return _error(
        "commands of the console take no parameters",
        Sqlstate.SYNTAX_ERROR,
        hint="Write the value into the command.",
    )


def wrong_number_of_parameters(given: int, statement: str) -> ConsoleError:
    """Refuse values for parameters that no statement has."""
    return _error(
        f"bind message supplies {given} parameters, "
        f'but prepared statement "{statement}" requires 0',
        Sqlstate.PROTOCOL_VIOLATION,
    )


def wrong_number_of_formats(given: int, columns: int) -> ConsoleError:
    """Refuse formats that are neither one nor as many as there are columns."""
    return _error(
        f"bind message has {given} result formats but query has {columns} columns",
        Sqlstate.PROTOCOL_VIOLATION,
    )


def unsupported_format(code: int) -> ConsoleError:
    """Refuse a format that is neither text nor binary."""
    return _error(f"unsupported format code: {code}", Sqlstate.INVALID_PARAMETER_VALUE)


def out_of_range(kind: str) -> ConsoleError:
    """Refuse to cut a value that is too large for its type's binary format."""
    return _error(
        f"{kind} out of range",
        Sqlstate.NUMERIC_VALUE_OUT_OF_RANGE,
        hint="Ask for the text format.",
    )


def statement_exists(name: str) -> ConsoleError:
    """Refuse to give a name a second meaning."""
    return _error(
        f'prepared statement "{name}" already exists',
        Sqlstate.DUPLICATE_PREPARED_STATEMENT,
    )


def no_such_statement(name: str) -> ConsoleError:
    """Refuse to use what was not prepared."""
    which = f'prepared statement "{name}"' if name else "unnamed prepared statement"
    return _error(f"{which} does not exist", Sqlstate.INVALID_SQL_STATEMENT_NAME)


def portal_exists(name: str) -> ConsoleError:
    """Refuse to give a portal's name a second meaning."""
    return _error(f'cursor "{name}" already exists', Sqlstate.DUPLICATE_CURSOR)


def no_such_portal(name: str) -> ConsoleError:
    """Refuse to use what was not bound."""
    return _error(f'portal "{name}" does not exist', Sqlstate.INVALID_CURSOR_NAME)


def portal_done(name: str) -> ConsoleError:
    """Refuse to run a command twice."""
    return _error(
        f'portal "{name}" cannot be run', Sqlstate.OBJECT_NOT_IN_PREREQUISITE_STATE
    )


def too_many_statements(limit: int) -> ConsoleError:
    """Refuse to keep one more statement."""
    return _error(
        "too many prepared statements",
        Sqlstate.PROGRAM_LIMIT_EXCEEDED,
        f"A client of the console may have {limit}.",
        "Close some, or prepare less.",
    )


def too_many_portals(limit: int) -> ConsoleError:
    """Refuse to keep one more portal."""
    return _error(
        "too many portals",
        Sqlstate.PROGRAM_LIMIT_EXCEEDED,
        f"A client of the console may have {limit}.",
        "Close some, or send Sync, which closes all.",
    )


def too_many_rows(limit: int) -> ConsoleError:
    """Refuse to keep so many rows for later."""
    return _error(
        "too many rows are left in portals",
        Sqlstate.PROGRAM_LIMIT_EXCEEDED,
        f"The portals of a client of the console may keep {limit} bytes.",
        "Fetch all rows at once.",
    )
