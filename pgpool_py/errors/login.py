"""Errors that keep a client out: limits and log-in."""

from pgpool_py.wording import counted

from .tree import LimitError, LoginError

# Limits


def no_more_connections(limit: int) -> LimitError:
    """Refuse a client because ``max_client_conn`` clients are connected."""
    return LimitError(
        "no more connections allowed (max_client_conn)",
        "53300",
        detail=f"max_client_conn is {limit} and all are in use.",
        hint="Close idle clients or raise max_client_conn.",
    )


def too_many_database_clients(database: str, limit: int) -> LimitError:
    """Refuse a client because its database has all the clients it may have."""
    return LimitError(
        "client connections exceeded (max_db_client_connections)",
        "53300",
        detail=f'Database "{database}" may have {counted(limit, "client")}.',
        hint="Raise max_db_client_connections, globally or for this database.",
    )


def too_many_user_clients(user: str, limit: int) -> LimitError:
    """Refuse a client because its user has all the clients it may have."""
    return LimitError(
        "client connections exceeded (max_user_client_connections)",
        "53300",
        detail=f'User "{user}" may have {counted(limit, "client")}.',
        hint="Raise max_user_client_connections, globally or for this user.",
    )


def query_wait_timeout(seconds: float, pool_size: int, holders: str = "") -> LimitError:
    """Give up waiting for a server; ``pool_size`` 0 means unlimited.

    ``holders``: in words, who holds servers; of the same pool, for it is told who.
    """
    most = counted(pool_size, "server")
    size = f" The pool may have {most}." if pool_size else ""
    return LimitError(
        "query_wait_timeout",
        "53300",
        detail=f"No server became free within {seconds:g} s.{size}{_kept(holders)}",
        hint="Look for long transactions (SHOW SERVERS), raise pool_size, or raise "
        "query_wait_timeout.",
    )


def wait_queue_full(limit: int, holders: str = "") -> LimitError:
    """Refuse at once because ``max_wait_queue`` clients of the pool already wait.

    ``holders``: as in query_wait_timeout.
    """
    return LimitError(
        "too many clients are waiting for a server (max_wait_queue)",
        "53300",
        detail=f"max_wait_queue is {limit} and all places are taken.{_kept(holders)}",
        hint="Retry later, raise pool_size, or raise max_wait_queue.",
    )


def _kept(holders: str) -> str:
    return f" Servers are held by: {holders}." if holders else ""


# Login


def tls_required() -> LoginError:
    """Refuse a client that logs in without the TLS of ``client_tls_sslmode``."""
    return LoginError(
        "SSL required", "28000", hint="Connect with sslmode=require or better."
    )


def not_allowed(user: str) -> LoginError:
    """Refuse a user that has no business on the admin console."""
    return LoginError(
        "not allowed",
        "28000",
        detail=f'User "{user}" is in neither admin_users nor stats_users.',
    )


def unix_socket_rejected(user: str) -> LoginError:
    """Refuse a client of a unix socket whose process another user owns."""
    return LoginError(
        "unix socket login rejected",
        "28000",
        detail=f'Without a password "{user}" is let in if it runs as the system user '
        "that the pooler runs as.",
        hint="Connect as that user, or as one of admin_users.",
    )


def no_authentication_method(user: str, database: str, *, tls: bool) -> LoginError:
    """Refuse a client for which ``auth_hba_file`` has no line."""
    return LoginError(
        "no authentication method is found",
        "28000",
        detail=f'No line of auth_hba_file is for user "{user}", database '
        f'"{database}", from this address, {"with" if tls else "without"} TLS.',
    )


def login_rejected() -> LoginError:
    """Refuse a client that a line of ``auth_hba_file`` rejects."""
    return LoginError("login rejected", "28000")


def certificate_rejected(user: str) -> LoginError:
    """Refuse a client that has no certificate in the name of its user."""
    return LoginError(
        "certificate authentication failed",
        "28P01",
        detail=f'What is needed is a certificate that may be used by "{user}".',
        hint="Connect over TLS with sslcert and sslkey.",
    )


def peer_rejected(user: str) -> LoginError:
    """Refuse a client of a unix socket whose process belongs to somebody else."""
    return LoginError(
        "unix socket login rejected",
        "28000",
        detail=f'The system user of this process may not be "{user}".',
    )


def secret_not_found_out() -> LoginError:
    """Refuse a client because ``auth_query`` gave nothing that can be used.

    What went wrong is for the log: its reader is trusted, the client is not yet.
    """
    return bouncer_config_error("The secret of this user could not be looked up.")


def secrets_out_of_reach() -> LoginError:
    """Refuse a client because the server of ``auth_query`` cannot be reached."""
    return LoginError(
        "server login has been failing, try again later (server_login_retry)",
        "08001",
        detail="The secret of this user could not be looked up.",
    )


def no_such_database(name: str) -> LoginError:
    """Refuse a client whose database is not configured."""
    return LoginError(
        f"no such database: {name}",
        "3D000",
        hint="Add it, or a line for *, to [databases] and reload.",
    )


def database_disabled(name: str) -> LoginError:
    """Refuse a client whose database an admin has disabled."""
    return LoginError(
        f'database "{name}" is disabled',
        "3D000",
        hint="ENABLE on the console lets clients in again.",
    )


def shutting_down_at_login() -> LoginError:
    """Refuse a client because the pooler is about to end."""
    return LoginError("pooler is shutting down", "57P03")


def bouncer_config_error(detail: str) -> LoginError:
    """Refuse a client because the configuration contradicts itself."""
    return LoginError("bouncer config error", "08P01", detail=detail)


def username_too_long(limit: int) -> LoginError:
    """Refuse a user name of more than ``limit`` bytes."""
    return LoginError(
        "username too long", "08P01", detail=f"The limit is {limit} bytes."
    )


def password_too_long(limit: int) -> LoginError:
    """Refuse a password of more than ``limit`` bytes."""
    return LoginError(
        "password too long", "08P01", detail=f"The limit is {limit} bytes."
    )


def unsupported_startup_parameter(name: str, *, in_options: bool = False) -> LoginError:
    """Refuse a startup parameter that cannot be kept for the client."""
    where = " in options" if in_options else ""
    return LoginError(
        f"unsupported startup parameter{where}: {name}",
        "42704",
        hint=f"Add {name} to ignore_startup_parameters, or to track_extra_parameters "
        "if PostgreSQL reports it.",
    )


def unsupported_options() -> LoginError:
    """Refuse ``options`` that hold more than settings."""
    return LoginError(
        "unsupported options startup parameter: only '-c config=val' and "
        "'--config=val' are allowed",
        "42704",
    )


def invalid_replication(value: str) -> LoginError:
    """Refuse a startup parameter ``replication`` that PostgreSQL would not take."""
    return LoginError(
        f'invalid value for parameter "replication": "{value}"',
        "22023",
        hint='Valid values are: "false", 0, "true", 1, "database".',
    )


def startup_too_long(why: str) -> LoginError:
    """Refuse startup parameters that cannot all be passed on."""
    return LoginError(
        "the startup parameters cannot be passed on to the server",
        "08P01",
        detail=f"{why}.",
        hint="Ask for fewer, or set them after the login.",
    )
