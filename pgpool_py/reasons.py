"""Why a connection was closed: one name each, shared by log, metrics and console.

The value is what the log says after ``closing because:``. Where PgBouncer closes for
the same reason the text is PgBouncer's, because tools search for it.
"""

from enum import StrEnum, unique
from typing import Final


@unique
class Reason(StrEnum):
    """A reason to close a client, a server, or both."""

    # The client's own doing
    CLIENT_CLOSE_REQUEST = "client close request"
    CLIENT_EOF = "client unexpected eof"
    CLIENT_PROTOCOL_VIOLATION = "client protocol violation"
    CANCEL_REQUEST = "cancel request"
    # Its key is nobody's: its client has left meanwhile, or somebody guesses.
    CANCEL_KEY_UNKNOWN = "failed cancel request"

    # A cancel request for a client of another process of the group is not passed on
    UNKNOWN_PEER = "could not find peer to forward request to"
    PEER_REMOVED = "peer removed"
    CANCEL_TTL_EXHAUSTED = (
        "failed to forward cancel request because its TTL was exhausted"
    )
    CANCEL_QUEUE_FULL = "too many cancel requests wait for this peer"
    CANCEL_WAIT_TIMEOUT = "cancel_wait_timeout"

    # The client could not log in
    LOGIN_FAILED = "login failed"
    TLS_FAILED = "TLS handshake failed"
    AUTHENTICATION_FAILED = "authentication failed"
    NOT_ALLOWED = "not allowed"

    # A deadline of a client passed
    CLIENT_LOGIN_TIMEOUT = "client_login_timeout"
    CLIENT_LOGIN_TIMEOUT_SERVER_DOWN = "client_login_timeout (server down)"
    CLIENT_IDLE_TIMEOUT = "client_idle_timeout"
    QUERY_WAIT_TIMEOUT = "query_wait_timeout"
    WAIT_QUEUE_FULL = "wait queue full (max_wait_queue)"
    QUERY_TIMEOUT = "query timeout"
    IDLE_TRANSACTION_TIMEOUT = "idle transaction timeout"
    TRANSACTION_TIMEOUT = "transaction timeout"
    PIN_TIMEOUT = "pin_timeout"

    # More notifications came for it than it takes
    TOO_MANY_PINNED = "too many are pinned (max_pinned)"
    TOO_MANY_CHANNELS = "too many channels are listened to (max_listen_channels)"
    NOTIFICATIONS_NOT_TAKEN = "notifications are not taken (notification_buffer_limit)"

    # The mode forbids it
    TRANSACTION_IN_STATEMENT_MODE = (
        "transaction blocks not allowed in statement pooling mode"
    )
    PQEXEC_DISALLOWED = "PQexec disallowed"

    # The operator's doing
    POOLER_SHUTTING_DOWN = "pooler is shutting down"
    SERVER_SHUTTING_DOWN = "server shutting down"
    ADMIN_DISCONNECT = "admin forced disconnect"
    DATABASE_REMOVED = "database removed"
    DATABASE_CONFIGURATION_CHANGED = "database configuration changed"
    CONNECT_STRING_CHANGED = "connect string changed"
    PAUSE_MODE = "pause mode"
    RECONNECT = "obsolete connection"
    SUSPEND_TIMEOUT = "suspend_timeout"

    # The end of a server's useful life
    SERVER_LIFETIME = "server lifetime over"
    SERVER_IDLE_TIMEOUT = "server idle timeout"
    EVICTED = "evicted"

    # A server could not be opened
    CONNECT_FAILED = "connect failed"
    CONNECT_TIMEOUT = "connect timeout"
    SERVER_LOGIN_FAILED = "server login failed"
    CONNECT_QUERY_FAILED = "connect_query failed"
    HOST_UNFIT = "host does not fit target_session_attrs"
    LOGIN_NOT_NEEDED = "server login no longer needed"

    # A server failed or can no longer be trusted
    SERVER_CRASHED = "server conn crashed?"
    SERVER_CLOSED_IDLE = "server closed the connection while idle"
    SERVER_CLOSED = "server closed the connection"
    SERVER_FATAL = "server sent a FATAL error"
    SERVER_PROTOCOL_VIOLATION = "server protocol violation"
    UNACCOUNTED_REPLY = "server sent a reply that nothing asked for"
    INVALID_SERVER_PARAMETER = "invalid server parameter"
    PARAMETERS_NOT_SET = "session parameters could not be set in time"
    CHECK_FAILED = "server check query failed"
    LISTEN_TIMEOUT = "LISTEN was not answered in time"
    RESET_FAILED = "server reset query failed"
    UNCLEAN_SERVER = "unclean server"
    EXAMINATION_FAILED = "session state could not be found out"
    FUNCTIONS_UNKNOWN = "volatile functions could not be found out"

    # A client left its server in a state that could not be cleared
    CLIENT_GONE_UNSENT = "client disconnect before everything was sent to the server"
    DRAIN_TIMEOUT = "server_drain_timeout"
    CANCEL_FAILED = "cancel request failed"

    # Ours
    INTERNAL_ERROR = "internal error"


#: Why a server is gone that nobody here wanted to close.
LOST: Final = frozenset(
    {
        Reason.SERVER_CRASHED,
        Reason.SERVER_CLOSED_IDLE,
        Reason.SERVER_CLOSED,
        Reason.SERVER_FATAL,
        Reason.SERVER_PROTOCOL_VIOLATION,
        Reason.CHECK_FAILED,
    }
)
