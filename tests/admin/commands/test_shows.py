"""What each SHOW answers, on a pooler with clients and servers."""

import re

from pgpool_py import __version__
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_show_version_names_the_pgbouncer_it_stands_for(stage: Stage) -> None:
    answer = opened(stage).ask("SHOW VERSION")
    assert answer.columns == [("version", 25, -1)]
    assert answer.rows == [("PgBouncer 1.25.2",)]
    assert answer.tags == ["SHOW"]
    assert answer.kinds == "TDCZ"


def test_select_means_show(stage: Stage) -> None:
    answer = opened(stage).ask("select version;")
    assert answer.rows == [("PgBouncer 1.25.2",)]
    assert answer.tags == ["SHOW"]


def test_show_help_is_a_notice_and_a_tag(stage: Stage) -> None:
    answer = opened(stage).ask("SHOW HELP")
    assert answer.kinds == "NCZ"
    assert answer.tags == ["SHOW"]
    fields = answer.notices[0].fields
    assert (fields["S"], fields["C"]) == ("NOTICE", "00000")
    assert fields["M"] == "Console usage"
    for word in ("POOLS", "STATS", "RELOAD", "PAUSE [<db>]", "WAIT_FOR_CLIENTS"):
        assert word in fields["D"]
    assert "\n\tSET key = arg\n" in fields["D"]
    assert f"pgpool-py {__version__}" in fields["D"]


def test_show_pools_counts_clients_and_servers(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    stage.server(pool)
    stage.wait(stage.client(pool), pool, 2.25)
    own, shop = opened(stage).ask("SHOW POOLS").rows
    # database, user · clients · servers · maxwait · mode, balance
    assert shop == (
        *("shop", "ann"),
        *("1", "1", "0", "0"),
        *("1", "0", "0", "1", "0", "0", "0"),
        *("2", "250000"),
        *("session", None),
    )
    assert own == (
        *("pgbouncer", "pgbouncer"),
        *("1", "0", "0", "0"),
        *("0", "0", "0", "0", "0", "0", "0"),
        *("0", "0"),
        *("statement", None),
    )


def test_show_clients_links_clients_to_their_servers(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool, client)
    dialogue = opened(stage)
    own, row = dialogue.ask("SHOW CLIENTS").table
    assert row == {
        "type": "C",
        "user": "ann",
        "database": "shop",
        "replication": "none",
        "state": "active",
        "addr": "192.0.2.7",
        "port": "50001",
        "local_addr": "192.0.2.1",
        "local_port": "6432",
        "connect_time": "2001-09-09 01:46:40 UTC",
        "request_time": row["request_time"],
        "wait": "0",
        "wait_us": "0",
        "close_needed": "0",
        "ptr": f"0x{client.identity.number:x}",
        "link": f"0x{server.id:x}",
        "remote_pid": "0",
        "tls": "",
        "application_name": "",
        "prepared_statements": "0",
        "id": str(client.identity.number),
    }
    form = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.fullmatch(form, row["request_time"] or "")
    assert (own["database"], own["user"], own["state"]) == ("pgbouncer", "root", "idle")
    assert own["id"] == str(dialogue.identity.number)


def test_show_clients_keeps_the_order_of_databases(stage: Stage) -> None:
    stage.client(stage.pool("shop", "ann"))
    lines = dict(stage.settings.databases)
    lines["art"] = lines["shop"]
    stage.pooler.context.settings = type(stage.settings)(databases=lines)
    stage.client(stage.pool("art", "ann"))
    found = [row["database"] for row in opened(stage).ask("SHOW CLIENTS").table]
    assert found == ["art", "pgbouncer", "shop"]


def test_show_servers_links_servers_to_their_clients(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool, client)
    idle = stage.server(pool)
    idle.close_needed = True
    first, second = opened(stage).ask("SHOW SERVERS").table
    assert (first["type"], first["state"]) == ("S", "active")
    assert first["link"] == f"0x{client.identity.number:x}"
    assert first["remote_pid"] == str(server.pid)
    assert (second["state"], second["link"]) == ("idle", "")
    assert (second["close_needed"], first["close_needed"]) == ("1", "0")


def test_show_databases_has_a_row_of_the_consoles_own(stage: Stage) -> None:
    own, shop = opened(stage).ask("SHOW DATABASES").rows
    # name, host, port, database, force_user · sizes and lifetime · mode, balance ·
    # servers, clients · paused, disabled
    assert own == (
        *("pgbouncer", None, "6432", "pgbouncer", "pgbouncer"),
        *("2", "0", "0", "3600"),
        *("statement", None),
        *("0", "0", "0", "1"),
        *("0", "0"),
    )
    assert shop == (
        *("shop", "127.0.0.1", "5432", "shop", None),
        *("20", "0", "0", "3600"),
        *(None, None),
        *("0", "0", "0", "0"),
        *("0", "0"),
    )


def test_show_stats_adds_up_the_pools_of_a_database(stage: Stage) -> None:
    for user, queries in (("ann", 3), ("bob", 4)):
        counters = stage.pool("shop", user).counters
        counters.query_count = queries
        counters.query_time = 0.5
        counters.bytes_received = 100
    own, shop = opened(stage).ask("SHOW STATS").table
    assert shop["database"] == "shop"
    assert shop["total_query_count"] == "7"
    assert shop["total_query_time"] == "1000000"
    assert shop["total_received"] == "200"
    assert shop["avg_query_time"] == str(1_000_000 // 7)
    assert own["database"] == "pgbouncer"
    assert own["total_client_login_count"] == "1"
    assert own["total_query_count"] == "1"
