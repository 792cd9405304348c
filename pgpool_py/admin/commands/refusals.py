"""The errors of the console, in PgBouncer's words: scripts compare them."""

from pgpool_py.errors import ConsoleError, Severity, console_error
from pgwire.codes import Sqlstate


def invalid_command(text: str) -> ConsoleError:
    """Refuse what is no command; ``text`` is all that was sent."""
    return console_error(f"invalid command '{text}', use SHOW HELP;")


def bad_arguments() -> ConsoleError:
    """Refuse a name or a value that is too long."""
    return console_error("bad arguments")


def admin_access_needed() -> ConsoleError:
    """Refuse a user of ``stats_users`` what changes something."""
    return console_error("admin access needed")


def set_failed(why: str, hint: str | None = None) -> ConsoleError:
    """Refuse to change a setting."""
    return console_error("SET failed", why, hint)


def no_descriptors() -> ConsoleError:
    """Refuse to hand out descriptors."""
    return console_error(
        "SHOW FDS is not supported",
        "Connections are not handed over to another process.",
        "To restart without interruption, set so_reuseport = 1, start a second process "
        "on the same port with another unix_socket_dir, and stop the first with "
        "SIGTERM.",
    )


def no_such_database(name: str) -> ConsoleError:
    """Refuse a database that is not configured."""
    return console_error(f"no such database: {name}")


def admin_database(doing: str, name: str) -> ConsoleError:
    """Refuse to do something to the console's own database."""
    return console_error(f"cannot {doing} admin db: {name}")


def database_required() -> ConsoleError:
    """Refuse a command that needs to be told which database."""
    return console_error("a database is required")


def invalid_client() -> ConsoleError:
    """Refuse what is no client's number."""
    return console_error("invalid client pointer supplied")


def client_not_found() -> ConsoleError:
    """Refuse a number that no client has."""
    return console_error("client not found")


def cannot_suspend_paused() -> ConsoleError:
    """Refuse to suspend while clients wait for a RESUME of their database."""
    return console_error("cannot suspend with paused databases")


def already_paused() -> ConsoleError:
    """Refuse to pause what is paused."""
    return console_error("already suspended/paused")


def not_paused() -> ConsoleError:
    """Refuse to resume what is not paused."""
    return console_error("pooler is not paused/suspended")


def database_not_paused(name: str) -> ConsoleError:
    """Refuse to resume a database that is not paused."""
    return console_error(f"database {name} is not paused")


def shutting_down() -> ConsoleError:
    """Refuse to resume what is about to end."""
    return console_error("pooler is shutting down")


def cancelled() -> ConsoleError:
    """Answer a command whose wait the client has cancelled, as PostgreSQL does."""
    return ConsoleError(
        "canceling statement due to user request",
        Sqlstate.QUERY_CANCELED,
        severity=Severity.ERROR,
    )
