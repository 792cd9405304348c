"""What can go wrong on the wire, and whose fault it is.

    ProtocolError                the base: SQLSTATE, message, detail, hint
    ├── ProtocolViolation        08P01  the peer broke the protocol
    │   └── MessageTooLong       08P01  a message is above the limit set for the peer
    ├── LocalProtocolError       XX000  our own program misused an object
    ├── AuthenticationFailed     28P01  the client did not prove who it is
    ├── UnsupportedFeature       0A000  the peer asks for what is not supported
    ├── LoginFailed              08001  we cannot log in to the server
    └── ServerRefused            any    the server answered with an ErrorResponse
                                        (in ``server_login``, it carries one)

The SQLSTATE is the one to send to the peer. No exception ever carries a password,
a key, or bytes of a message that may hold one.
"""

# ruff: noqa: N818  (the names say what happened; "Error" would add nothing)

from typing import ClassVar

from .codes import Sqlstate


class ProtocolError(Exception):
    """Base of all errors of this package.

    Attributes:
        message: one line for the peer, PostgreSQL's field M.
        sqlstate: five characters, field C.
        detail: field D, or None.
        hint: field H, or None.

    """

    default_sqlstate: ClassVar[str] = Sqlstate.PROTOCOL_VIOLATION

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = self.default_sqlstate if sqlstate is None else sqlstate
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        if self.detail is None:
            return self.message
        return f"{self.message} ({self.detail})"


class ProtocolViolation(ProtocolError):
    """The peer sent bytes that the protocol does not allow here."""


class MessageTooLong(ProtocolViolation):
    """The peer sent a longer message than it may.

    Attributes:
        size: of the message, in bytes.
        limit: the greatest size.
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"message of {size} bytes is above the limit of {limit}")
        self.size = size
        self.limit = limit


class LocalProtocolError(ProtocolError):
    """Our own program used an object of this package against its contract."""

    default_sqlstate = Sqlstate.INTERNAL_ERROR


class AuthenticationFailed(ProtocolError):
    """The client did not prove to be the user that it named."""

    default_sqlstate = Sqlstate.INVALID_PASSWORD


class UnsupportedFeature(ProtocolError):
    """The peer asks for something that is valid but not supported."""

    default_sqlstate = Sqlstate.FEATURE_NOT_SUPPORTED


class LoginFailed(ProtocolError):
    """We cannot complete our login to a server."""

    default_sqlstate = Sqlstate.CANNOT_CONNECT
