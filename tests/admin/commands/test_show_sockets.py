"""SHOW SOCKETS and SHOW ACTIVE_SOCKETS."""

from pgpool_py.admin.commands.show_sockets import _OF_CLIENTS, _OF_SERVERS
from pgpool_py.client.arrival import Arrival
from pgpool_py.client.door import Visitor
from pgpool_py.pooler.client_views import ClientStatus
from pgpool_py.pooler.views import ServerStatus
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage

BUFFERS = (
    "recv_pos",
    "pkt_pos",
    "pkt_remain",
    "send_pos",
    "send_remain",
    "pkt_avail",
    "send_avail",
)


def test_every_connection_is_shown_by_the_name_of_pgbouncers_list(
    stage: Stage,
) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    stage.client(pool)
    stage.server(pool)
    stage.wait(stage.client(pool), pool, 1.0)
    visitor = Visitor(7, "192.0.2.7", 50_007, "192.0.2.1", 6432, 0.0, 1e9)
    gatehouse = stage.pooler.gatehouse
    gatehouse.arrivals[Arrival(gatehouse, visitor)] = None
    rows = opened(stage).ask("SHOW SOCKETS").table
    assert [(row["type"], row["database"], row["state"]) for row in rows] == [
        ("C", "pgbouncer", "cl_active"),
        ("C", "shop", "cl_active"),
        ("C", "shop", "cl_active"),
        ("C", "shop", "cl_waiting"),
        ("S", "shop", "sv_active"),
        ("S", "shop", "sv_idle"),
        ("C", "(nodb)", "cl_login"),
    ]


def test_every_status_has_a_name_there() -> None:
    assert _OF_CLIENTS.keys() == set(ClientStatus)
    assert _OF_SERVERS.keys() == set(ServerStatus)


def test_what_is_on_its_way_is_shown_in_bytes(stage: Stage) -> None:
    client = stage.client(stage.pool())
    client.requests.pending = bytearray(11)
    client.requests.half_sent = 5
    client.stream.write(bytes(1 << 23))
    unsent = str(client.stream.backlog)
    (row,) = opened(stage).ask("SHOW ACTIVE_SOCKETS").table
    assert row["id"] == str(client.identity.number)
    found = tuple(row[name] for name in BUFFERS)
    assert found == ("11", "0", "5", "0", unsent, "11", unsent)


def test_who_has_nothing_on_its_way_is_not_active(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    assert dialogue.ask("SHOW ACTIVE_SOCKETS").rows == []
    assert len(dialogue.ask("SHOW SOCKETS").rows) == 3
