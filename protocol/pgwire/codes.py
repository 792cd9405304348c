"""The numbers and letters of the protocol, under PostgreSQL's names.

Source: PostgreSQL documentation, "Frontend/Backend Protocol", sections "Message
Formats" and "Error and Notice Message Fields"; ``libpq/protocol.h`` and
``libpq/pqcomm.h``. One letter often means two things, one in each direction: hence
two classes, and plain integers, for they are compared once per message.
"""

from typing import Final

PROTOCOL_3_0: Final = 196608
PROTOCOL_3_2: Final = 196610

CANCEL_REQUEST_CODE: Final = 80877102
SSL_REQUEST_CODE: Final = 80877103
GSSENC_REQUEST_CODE: Final = 80877104


class Frontend:
    """Type bytes of the messages that a client sends."""

    BIND: Final = 0x42  # B
    CLOSE: Final = 0x43  # C
    COPY_DATA: Final = 0x64  # d
    COPY_DONE: Final = 0x63  # c
    COPY_FAIL: Final = 0x66  # f
    DESCRIBE: Final = 0x44  # D
    EXECUTE: Final = 0x45  # E
    FLUSH: Final = 0x48  # H
    FUNCTION_CALL: Final = 0x46  # F
    PARSE: Final = 0x50  # P
    # One letter for PasswordMessage, SASLInitialResponse, SASLResponse and
    # GSSResponse: only the request that it answers tells which.
    PASSWORD: Final = 0x70  # p
    QUERY: Final = 0x51  # Q
    SYNC: Final = 0x53  # S
    TERMINATE: Final = 0x58  # X


class Backend:
    """Type bytes of the messages that a server sends."""

    AUTHENTICATION: Final = 0x52  # R
    BACKEND_KEY_DATA: Final = 0x4B  # K
    BIND_COMPLETE: Final = 0x32  # 2
    CLOSE_COMPLETE: Final = 0x33  # 3
    COMMAND_COMPLETE: Final = 0x43  # C
    COPY_BOTH_RESPONSE: Final = 0x57  # W
    COPY_DATA: Final = 0x64  # d
    COPY_DONE: Final = 0x63  # c
    COPY_IN_RESPONSE: Final = 0x47  # G
    COPY_OUT_RESPONSE: Final = 0x48  # H
    DATA_ROW: Final = 0x44  # D
    EMPTY_QUERY_RESPONSE: Final = 0x49  # I
    ERROR_RESPONSE: Final = 0x45  # E
    FUNCTION_CALL_RESPONSE: Final = 0x56  # V
    NEGOTIATE_PROTOCOL_VERSION: Final = 0x76  # v
    NO_DATA: Final = 0x6E  # n
    NOTICE_RESPONSE: Final = 0x4E  # N
    NOTIFICATION_RESPONSE: Final = 0x41  # A
    PARAMETER_DESCRIPTION: Final = 0x74  # t
    PARAMETER_STATUS: Final = 0x53  # S
    PARSE_COMPLETE: Final = 0x31  # 1
    PORTAL_SUSPENDED: Final = 0x73  # s
    READY_FOR_QUERY: Final = 0x5A  # Z
    ROW_DESCRIPTION: Final = 0x54  # T


class TransactionStatus:
    """The byte in ReadyForQuery."""

    IDLE: Final = 0x49  # I
    IN_TRANSACTION: Final = 0x54  # T
    FAILED: Final = 0x45  # E


class Target:
    """What Describe and Close are about."""

    STATEMENT: Final = 0x53  # S
    PORTAL: Final = 0x50  # P


class AuthenticationCode:
    """The word behind the header of every Authentication message."""

    OK: Final = 0
    KERBEROS_V5: Final = 2
    CLEARTEXT_PASSWORD: Final = 3
    MD5_PASSWORD: Final = 5
    SCM_CREDENTIAL: Final = 6
    GSS: Final = 7
    GSS_CONTINUE: Final = 8
    SSPI: Final = 9
    SASL: Final = 10
    SASL_CONTINUE: Final = 11
    SASL_FINAL: Final = 12


class ErrorField:
    """Letters of the fields of ErrorResponse and NoticeResponse."""

    SEVERITY: Final = "S"
    # The same as S, never translated; since PostgreSQL 9.6.
    SEVERITY_NONLOCALIZED: Final = "V"
    SQLSTATE: Final = "C"
    MESSAGE: Final = "M"
    DETAIL: Final = "D"
    HINT: Final = "H"
    POSITION: Final = "P"
    INTERNAL_POSITION: Final = "p"
    INTERNAL_QUERY: Final = "q"
    WHERE: Final = "W"
    SCHEMA_NAME: Final = "s"
    TABLE_NAME: Final = "t"
    COLUMN_NAME: Final = "c"
    DATA_TYPE_NAME: Final = "d"
    CONSTRAINT_NAME: Final = "n"
    FILE: Final = "F"
    LINE: Final = "L"
    ROUTINE: Final = "R"


class Sqlstate:
    """SQLSTATEs that a pooler sends or looks for (PostgreSQL's ``errcodes.txt``)."""

    SUCCESSFUL_COMPLETION: Final = "00000"
    CANNOT_CONNECT: Final = "08001"
    CONNECTION_FAILURE: Final = "08006"
    PROTOCOL_VIOLATION: Final = "08P01"
    FEATURE_NOT_SUPPORTED: Final = "0A000"
    NUMERIC_VALUE_OUT_OF_RANGE: Final = "22003"
    INVALID_PARAMETER_VALUE: Final = "22023"
    READ_ONLY_SQL_TRANSACTION: Final = "25006"
    IDLE_IN_TRANSACTION_TIMEOUT: Final = "25P03"
    TRANSACTION_TIMEOUT: Final = "25P04"
    INVALID_SQL_STATEMENT_NAME: Final = "26000"
    INVALID_AUTHORIZATION: Final = "28000"
    INVALID_PASSWORD: Final = "28P01"
    UNKNOWN_DATABASE: Final = "3D000"
    INVALID_CURSOR_NAME: Final = "34000"
    SYNTAX_ERROR: Final = "42601"
    UNDEFINED_OBJECT: Final = "42704"
    DUPLICATE_CURSOR: Final = "42P03"
    DUPLICATE_PREPARED_STATEMENT: Final = "42P05"
    TOO_MANY_CONNECTIONS: Final = "53300"
    PROGRAM_LIMIT_EXCEEDED: Final = "54000"
    OBJECT_NOT_IN_PREREQUISITE_STATE: Final = "55000"
    QUERY_CANCELED: Final = "57014"
    ADMIN_SHUTDOWN: Final = "57P01"
    CRASH_SHUTDOWN: Final = "57P02"
    CANNOT_CONNECT_NOW: Final = "57P03"
    IDLE_SESSION_TIMEOUT: Final = "57P05"
    CONFIG_FILE_ERROR: Final = "F0000"
    INTERNAL_ERROR: Final = "XX000"
