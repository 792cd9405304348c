"""The columns that clients and servers have in common."""

import time
from typing import Final

from pgpool_py.pooler.averages import MICROSECONDS, microseconds
from pgpool_py.pooler.client_views import ClientView
from pgpool_py.pooler.views import ServerView

from .result import Value, int4, text

COLUMNS: Final = (
    *text("type", "user", "database", "replication", "state"),
    *text("addr"),
    *int4("port"),
    *text("local_addr"),
    *int4("local_port"),
    *text("connect_time", "request_time"),
    *int4("wait", "wait_us", "close_needed"),
    *text("ptr", "link"),
    *int4("remote_pid"),
    *text("tls", "application_name"),
    *int4("prepared_statements", "id"),
)


def client_row(view: ClientView, state: str | None = None) -> tuple[Value, ...]:
    """Give the row of a client; ``state`` replaces its own."""
    state = state or view.status
    return _row("C", view, state, link=view.server, wait=view.wait, close_needed=False)


def server_row(view: ServerView, state: str | None = None) -> tuple[Value, ...]:
    """Give the row of a server; ``state`` replaces its own."""
    state, needed = state or view.status, view.close_needed
    return _row("S", view, state, link=view.client, wait=0.0, close_needed=needed)


def _row(
    kind: str,
    view: ClientView | ServerView,
    state: str,
    *,
    link: int | None,
    wait: float,
    close_needed: bool,
) -> tuple[Value, ...]:
    return (
        kind,
        view.user,
        view.database,
        view.replication,
        state,
        view.address,
        view.port,
        view.local_address,
        view.local_port,
        timestamp(view.connected),
        timestamp(view.requested),
        *divmod(microseconds(wait), MICROSECONDS),
        int(close_needed),
        pointer(view.number),
        "" if link is None else pointer(link),
        view.remote_pid,
        view.tls,
        view.application_name,
        view.held.statements,
        view.number,
    )


def timestamp(moment: float) -> str:
    """Give seconds since the epoch as text."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


def pointer(number: int) -> str:
    """Give a connection's number as it stands in the log."""
    return f"0x{number:x}"
