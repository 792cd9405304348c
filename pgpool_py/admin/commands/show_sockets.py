"""SHOW SOCKETS: one row per connection, with what is on its way there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pgpool_py.pooler.client_views import ClientStatus, ClientView
from pgpool_py.pooler.holdings import Held
from pgpool_py.pooler.views import ServerStatus, ServerView

from . import sockets
from .desk import Desk
from .result import Rows, Value, int4

COLUMNS: Final = (
    *sockets.COLUMNS,
    *int4("recv_pos", "pkt_pos", "pkt_remain", "send_pos", "send_remain"),
    *int4("pkt_avail", "send_avail"),
)

# PgBouncer's names of its lists. It has none here for a server that is cancelled.
_OF_CLIENTS: Final[Mapping[ClientStatus, str]] = MappingProxyType(
    {
        ClientStatus.ACTIVE: "cl_active",
        ClientStatus.IDLE: "cl_active",
        ClientStatus.WAITING: "cl_waiting",
        ClientStatus.LOGIN: "cl_login",
    }
)
_OF_SERVERS: Final[Mapping[ServerStatus, str]] = MappingProxyType(
    {
        ServerStatus.ACTIVE: "sv_active",
        ServerStatus.IDLE: "sv_idle",
        ServerStatus.TESTED: "sv_tested",
        ServerStatus.NEW: "sv_login",
        ServerStatus.ACTIVE_CANCEL: "sv_active_cancel",
        ServerStatus.BEING_CANCELED: "sv_being_canceled",
    }
)


def show(desk: Desk) -> Rows:
    """Give the rows: by database, and last the clients that log in."""
    return Rows(tuple(_row(view) for view in desk.sockets()))


def show_active(desk: Desk) -> Rows:
    """Give the rows of those only where something is on its way."""
    return Rows(tuple(_row(v) for v in desk.sockets() if not v.held.idle))


def _row(view: ClientView | ServerView) -> tuple[Value, ...]:
    if isinstance(view, ClientView):
        row = sockets.client_row(view, _OF_CLIENTS[view.status])
    else:
        row = sockets.server_row(view, _OF_SERVERS[view.status])
    return (*row, *_buffers(view.held))


def _buffers(held: Held) -> tuple[int, ...]:
    # There are no positions: what was read is gone or kept, each from its beginning.
    return (held.received, 0, held.coming, 0, held.unsent, held.received, held.unsent)
