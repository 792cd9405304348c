"""The columns that clients and servers have in common."""

import time
from typing import Final

from pgpool_py.pooler.averages import MICROSECONDS, microseconds
from pgpool_py.pooler.views import ClientView, ServerView

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


def client_row(view: ClientView) -> tuple[Value, ...]:
    """Give the row of a client."""
    return _row("C", view, link=view.server, wait=view.wait, close_needed=False)


def server_row(view: ServerView) -> tuple[Value, ...]:
    """Give the row of a server."""
    needed = view.close_needed
    return _row("S", view, link=view.client, wait=0.0, close_needed=needed)


def _row(
    kind: str,
    view: ClientView | ServerView,
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
        view.status,
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
        "",
        view.application_name,
        0,
        view.number,
    )


def timestamp(moment: float) -> str:
    """Give seconds since the epoch as text."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


def pointer(number: int) -> str:
    """Give a connection's number as it stands in the log."""
    return f"0x{number:x}"
