"""The tree of what a client can be told, each ready to become an ErrorResponse.

::

    Exception
    └── PoolerError                  severity, sqlstate, message, detail, hint
        ├── LimitError               53300, 54000: a limit on clients, waiting, LISTEN
        ├── LoginError               28xxx, 3D000, 42704, 57P03: not let in
        ├── DeadlineError            57014, 25P03, 25P04, 57P05: took too long
        ├── ServerError              08001, 08006: the server is away or was lost
        ├── EndedError               57P01: ended by the operator
        ├── StatementError           0A000, 57014: not run, by the mode or a cancel
        ├── ClientProtocolError      08P01: the client broke the protocol
        └── ConsoleError             08P01, F0000: an admin command failed

Messages are PgBouncer's where PgBouncer has one, because tools search for them; the
detail names the limit and its value, the hint what to change. The texts stand in the
functions of this room and nowhere else: ``raise errors.no_such_database("x")``.
"""

from enum import StrEnum


class Severity(StrEnum):
    """Fields S and V of an ErrorResponse. FATAL ends the connection."""

    ERROR = "ERROR"
    FATAL = "FATAL"


class PoolerError(Exception):
    """An error with every field that an ErrorResponse carries.

    ``sqlstate`` is one of PostgreSQL's five-character codes (appendix A).
    """

    def __init__(
        self,
        message: str,
        sqlstate: str,
        *,
        severity: Severity = Severity.FATAL,
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.severity = severity
        self.detail = detail
        self.hint = hint

    @property
    def fatal(self) -> bool:
        """Whether the client is closed after it was told."""
        return self.severity is Severity.FATAL

    def __str__(self) -> str:
        """Return the message, and the detail in brackets."""
        return f"{self.message} ({self.detail})" if self.detail else self.message


class LimitError(PoolerError):
    """A limit on connections, on waiting or on notifications was reached."""


class LoginError(PoolerError):
    """The client was not let in."""


class DeadlineError(PoolerError):
    """Something took longer than it may."""


class ServerError(PoolerError):
    """PostgreSQL cannot be reached, refused us, or was lost."""


class EndedError(PoolerError):
    """The operator ended the connection."""


class StatementError(PoolerError):
    """The pool's mode forbids what the client sent."""


class ClientProtocolError(PoolerError):
    """The client sent what the protocol does not allow."""


class ConsoleError(PoolerError):
    """A command on the admin console failed."""
