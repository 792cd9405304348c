"""SHOW LISTS: how many there are of everything."""

from typing import Final

from .desk import Desk
from .result import Rows, int4, text

COLUMNS: Final = (*text("list"), *int4("items"))


def show(desk: Desk) -> Rows:
    """Give the rows, in PgBouncer's order.

    Nothing is kept for reuse, so no client or server is free; queries of DNS are the
    system's, which sends each at once.
    """
    pooler = desk.pooler
    resolver = pooler.context.resolver
    login = len(pooler.gatehouse.arrivals)
    return Rows(
        (
            ("databases", len(desk.databases())),
            ("users", len(desk.users())),
            ("peers", len(pooler.settings.peers)),
            ("pools", len(desk.pools())),
            ("peer_pools", len(desk.peer_pools())),
            ("free_clients", 0),
            ("used_clients", len(desk.clients()) + login),
            ("login_clients", login),
            ("free_servers", 0),
            ("used_servers", len(desk.servers())),
            ("dns_names", len(resolver.known())),
            ("dns_zones", 0),
            ("dns_queries", resolver.pending),
            ("dns_pending", 0),
        )
    )
