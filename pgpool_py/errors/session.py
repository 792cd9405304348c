"""Errors of a client that is in: deadlines, servers, operator, mode."""

from pgwire.diagnostics import ErrorResponse

from .tree import (
    DeadlineError,
    EndedError,
    LimitError,
    PoolerError,
    ServerError,
    Severity,
    StatementError,
)

# Deadlines


def client_login_timeout(seconds: float, *, server_down: bool = False) -> DeadlineError:
    """End a login that took too long, by the client's fault or the server's."""
    return DeadlineError(
        "client_login_timeout (server down)" if server_down else "client_login_timeout",
        "08P01",
        detail=f"client_login_timeout is {seconds:g} s.",
    )


def client_idle_timeout(seconds: float) -> DeadlineError:
    """End a client that sent nothing for too long."""
    return DeadlineError(
        "client_idle_timeout",
        "57P05",
        detail=f"client_idle_timeout is {seconds:g} s.",
    )


def query_timeout(seconds: float, severity: Severity = Severity.ERROR) -> DeadlineError:
    """End a query; FATAL only where it could not be cancelled."""
    return DeadlineError(
        "query timeout",
        "57014",
        severity=severity,
        detail=f"query_timeout is {seconds:g} s.",
        hint="Make the query faster or raise query_timeout.",
    )


def canceled() -> StatementError:
    """Fail a statement that its client has cancelled, in PostgreSQL's words."""
    return StatementError(
        "canceling statement due to user request", "57014", severity=Severity.ERROR
    )


def idle_transaction_timeout(seconds: float) -> DeadlineError:
    """End a client that left a transaction open and sent nothing."""
    return DeadlineError(
        "idle transaction timeout",
        "25P03",
        detail=f"idle_transaction_timeout is {seconds:g} s.",
        hint="Commit or roll back before other work.",
    )


def transaction_timeout(seconds: float) -> DeadlineError:
    """End a client whose transaction lasted too long."""
    return DeadlineError(
        "transaction timeout",
        "25P04",
        detail=f"transaction_timeout is {seconds:g} s.",
        hint="Use shorter transactions or raise transaction_timeout.",
    )


# Servers


def server_login_failing(reason: str, address: str, pause: float) -> ServerError:
    """Fail fast: the last attempt to reach ``address`` failed because of ``reason``.

    ``pause`` is how many seconds after it the next one may be made.
    """
    return ServerError(
        f"server login has been failing, cached error: {reason} (server_login_retry)",
        "08001",
        detail=f"{address}: the next attempt is due in at most {pause:g} s.",
        hint="Check that PostgreSQL runs and accepts connections at this address.",
    )


def no_host_usable(
    faults: list[tuple[str, str]], wanted: str, pause: float
) -> ServerError:
    """Fail fast: none of a database's hosts can be reached and is what is ``wanted``.

    ``faults`` has the address of each and what is wrong with it; ``pause`` is how many
    seconds after the last failure the next attempt may be made.
    """
    reason = "; ".join(f"{address}: {fault}" for address, fault in faults)
    return ServerError(
        f"server login has been failing, cached error: {reason} (server_login_retry)",
        "08001",
        detail=f"target_session_attrs is {wanted}, and the next attempt is due in at "
        f"most {pause:g} s.",
        hint="Check that PostgreSQL runs at one of these addresses, accepts "
        "connections, and is what target_session_attrs asks for.",
    )


def server_refused(error: ErrorResponse) -> ServerError:
    """Pass on what PostgreSQL said when it refused something of ours."""
    fields = error.fields
    return ServerError(
        error.message, error.sqlstate, detail=fields.get("D"), hint=fields.get("H")
    )


def server_lost(*, in_flight: bool) -> ServerError:
    """End a client whose server went away; ``in_flight``: a statement was sent."""
    running = "The statement may have been executed."
    return ServerError(
        "server conn crashed?",
        "08006",
        detail=running if in_flight else "No statement was running.",
        hint="Connect again; check the result before repeating a write.",
    )


def examination_overdue(limit: float) -> ServerError:
    """End a client whose server was too slow to say what the client had changed."""
    return ServerError(
        "session state could not be found out (server_drain_timeout)",
        "08006",
        detail="The server did not say what the last statements have changed of the "
        f"session; server_drain_timeout is {limit:g} s. No statement was running.",
        hint="Connect again; where PostgreSQL may stall for longer, raise "
        "server_drain_timeout.",
    )


# Ended by the operator


def server_shutting_down() -> EndedError:
    """End a client that needs a server while they are being let go."""
    return EndedError("server shutting down", "57P01")


def shutting_down() -> EndedError:
    """End a connected client because the pooler ends."""
    return EndedError("pooler is shutting down", "57P01", hint="Connect again later.")


def admin_disconnect() -> EndedError:
    """End a client because of KILL_CLIENT."""
    return EndedError("admin forced disconnect", "57P01")


def database_removed(name: str) -> EndedError:
    """End a client because of KILL, or a reload without its database."""
    return EndedError("database removed", "57P01", detail=f'Database "{name}".')


def database_reconfigured(name: str) -> EndedError:
    """End a client because its database now means another server."""
    return EndedError(
        "database configuration changed", "57P01", detail=f'Database "{name}".'
    )


def suspend_timeout(seconds: float) -> EndedError:
    """End a client that did not come to rest when everything was suspended."""
    return EndedError(
        "suspend_timeout",
        "57P01",
        detail=f"suspend_timeout is {seconds:g} s.",
        hint="Connect again later, or raise suspend_timeout.",
    )


# Statements


def pqexec_disallowed(severity: Severity = Severity.ERROR) -> StatementError:
    """Refuse a simple Query; FATAL where the session cannot go on behind it."""
    return StatementError(
        "PQexec disallowed",
        "0A000",
        severity=severity,
        detail="disable_pqexec is on.",
        hint="Use the extended query protocol, or set disable_pqexec to 0 and restart.",
    )


def transaction_in_statement_mode(
    severity: Severity = Severity.ERROR,
) -> StatementError:
    """Refuse a transaction block; FATAL where the session cannot go on behind it."""
    return StatementError(
        "transaction blocks not allowed in statement pooling mode",
        "0A000",
        severity=severity,
        detail="pool_mode is statement, and the transaction is rolled back.",
        hint="Use pool_mode = transaction for this database or user.",
    )


# LISTEN


def too_many_channels(limit: int) -> LimitError:
    """Refuse a LISTEN of a client that listens to as many channels as it may."""
    return LimitError(
        "too many channels are listened to (max_listen_channels)",
        "54000",
        severity=Severity.ERROR,
        detail=f"max_listen_channels is {limit}.",
        hint="UNLISTEN what is not needed, or raise max_listen_channels.",
    )


def too_many_channels_unseen(limit: int) -> LimitError:
    """End a client that listens to too many channels by what could not be seen."""
    return LimitError(
        "too many channels are listened to (max_listen_channels)",
        "54000",
        detail=f"max_listen_channels is {limit}. The LISTEN was where it cannot be "
        "seen, as in DO, CALL or a function.",
        hint="UNLISTEN what is not needed, or raise max_listen_channels.",
    )


def notifications_not_taken(limit: int) -> LimitError:
    """End a client for which more notifications are kept than may be."""
    return LimitError(
        "notifications are not taken (notification_buffer_limit)",
        "54000",
        detail=f"notification_buffer_limit is {limit} bytes.",
        hint="Read them sooner, use shorter transactions, or raise "
        "notification_buffer_limit.",
    )


def no_server_for_listen(waited: float, *, full: bool) -> LimitError:
    """Refuse a LISTEN for which no server could be had in time.

    ``full``: a limit that databases or users have on servers is reached.
    """
    return LimitError(
        "no server connection for LISTEN",
        "53300",
        severity=Severity.ERROR,
        detail="LISTEN needs one besides those that are lent; "
        + (
            "max_db_connections or max_user_connections is reached."
            if full
            else f"there was none for {waited:g} s."
        ),
        hint="Raise max_db_connections or max_user_connections, or use session mode."
        if full
        else None,
    )


def listen_refused(cause: PoolerError) -> ServerError:
    """Refuse a LISTEN because of what keeps the server from listening."""
    return ServerError(
        cause.message,
        cause.sqlstate,
        severity=Severity.ERROR,
        detail=cause.detail,
        hint=cause.hint,
    )
