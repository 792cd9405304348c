"""What is printed of a look."""

from dataclasses import replace

from rich.console import Console

from pgpool_py.top.frame import duration, frame
from pgpool_py.top.look import Look, Row, database_lines, pool_lines

ZEROS = dict.fromkeys(
    ("sv_tested", "sv_being_canceled", "sv_used", "sv_login", "maxwait", "maxwait_us"),
    0,
)
STATS = {
    "total_query_count": 100,
    "total_xact_count": 50,
    "total_query_time": 1_000_000,
    "total_wait_time": 0,
    "total_server_assignment_count": 50,
    "avg_xact_count": 7,
    "avg_query_count": 9,
    "avg_query_time": 2000,
    "avg_wait_time": 0,
}


def pool(database: str, active: int, waiting: int = 0, **more: int) -> Row:
    names = {"database": database, "user": "ann"}
    servers = {"sv_active": active, "sv_idle": 1, "cl_waiting": waiting}
    return {**names, **ZEROS, **servers, **more}


def limit(database: str, size: int = 4) -> Row:
    return {"name": database, "pool_size": size}


LOOK = Look(
    taken=10.0,
    pools=[
        pool("pgbouncer", 0),
        pool("calm", 1),
        pool("full", 4),
        pool("waits", 4, 3, maxwait=1, maxwait_us=500_000),
    ],
    databases=[limit("calm"), limit("full"), limit("waits")],
    stats=[{"database": "pgbouncer", **STATS}, {"database": "calm", **STATS}],
    lists={"used_clients": 12, "login_clients": 1, "used_servers": 9, "pools": 4},
)


def printed(
    look: Look | None, before: Look | None = None, said: str = "12:00", width: int = 120
) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(frame(look, before, said))
    return captured.get()


def test_pools_in_trouble_come_first_and_the_consoles_not_at_all() -> None:
    lines = pool_lines(LOOK)
    assert [line.database for line in lines] == ["waits", "full", "calm"]
    assert (lines[0].waiting, lines[0].longest, lines[0].limit) == (3, 1.5, 4)


def test_a_pool_shows_its_servers_and_who_waits() -> None:
    [line] = [row for row in printed(LOOK).splitlines() if row.startswith("waits")]
    assert line.split()[1:] == ["ann", "█" * 16 + "░" * 4, "4/4", "1", "3", "1.5", "s"]


def test_a_database_shows_what_came_between_two_looks() -> None:
    row = {**LOOK.stats[1], "total_query_count": 300, "total_query_time": 1_400_000}
    later = replace(LOOK, taken=12.0, stats=[row])
    [line] = database_lines(later, LOOK)
    assert (line.queries, line.transactions, line.query_time) == (100.0, 0.0, 0.002)


def test_the_first_look_shows_the_averages_and_so_does_a_pooler_begun_anew() -> None:
    [line] = database_lines(LOOK, None)
    assert (line.queries, line.transactions, line.query_time) == (9.0, 7.0, 0.002)
    before = replace(LOOK, stats=[{**LOOK.stats[1], "total_query_count": 999}])
    assert database_lines(LOOK, before) == [line]


def test_what_does_not_serve_is_told_with_what_ends_that() -> None:
    state = [{"key": "paused", "value": "yes"}, {"key": "suspended", "value": "no"}]
    databases = [
        *LOOK.databases,
        # Without a pool, too.
        {**limit("shut"), "paused": 0, "disabled": 1},
        {**limit("still"), "paused": 1, "disabled": 0},
    ]
    text = printed(replace(LOOK, databases=databases, more={"STATE": state}))
    assert text.splitlines()[1:5] == [
        "",
        "all databases are paused: clients wait until RESUME",
        "shut is disabled: nobody is let in until ENABLE shut",
        "still is paused: its clients wait until RESUME still",
    ]
    assert "State" not in text


def test_while_clients_wait_those_that_have_a_server_are_shown() -> None:
    client = {
        "database": "app",
        "user": "ann",
        "application_name": "web",
        "addr": "10.0.0.1",
        "port": 5,
        "ptr": "0x1f",
        "request_time": "2026-11-29 10:11:12 UTC",
    }
    shown = printed(replace(LOOK, holding=[{**client, "id": 31}, client]))
    first, second = shown.splitlines()[-2:]
    assert first.split()[3:5] == ["10.0.0.1:5", "31"]
    # Older versions of PgBouncer have no other.
    assert second.split()[4] == "0x1f"
    assert second.rstrip().endswith("10:11:12 UTC")


def test_what_strangers_call_themselves_is_not_obeyed_by_the_terminal() -> None:
    client = {
        "database": "app",
        "user": "[red]bob",
        "application_name": "\x1b]0;owned\x07",
        "addr": "10.0.0.1",
        "port": 5,
        "wait": 2,
        "wait_us": 0,
    }
    text = printed(replace(LOOK, waiting=[client]))
    assert "\x1b" not in text
    assert "[red]bob" in text
    assert "10.0.0.1:5" in text


def test_what_not_every_version_has_is_shown_as_it_is() -> None:
    rows = [{"pool": "app.ann", "advice": "raise pool_size", "since": None}]
    assert "raise pool_size" in printed(replace(LOOK, more={"ADVICE": rows}))


def test_advice_is_lines_of_text_that_fit_a_terminal() -> None:
    why = (
        "in the busiest minute 3.2 servers were held at a time, and half as many again "
        "leave room for chance"
    )
    row = {"database": "app", "user": "ann", "pool_size": 20, "recommended": 5}
    new = {**row, "user": "bob", "pool_size": 0, "recommended": 0, "why": "no client"}
    rows = [{**row, "links_per_second": "80.00", "why": why}, new]
    text = printed(replace(LOOK, more={"ADVICE": rows}), width=80)
    lines = [line.rstrip() for line in text.splitlines()]
    after = lines[lines.index("Advice") + 1 :]
    assert after[0] == "app/ann: pool_size 20 → 5"
    assert " ".join(line.strip() for line in after[1:3]) == why
    assert after[3:] == ["app/bob: pool_size unlimited → not known yet", "  no client"]
    assert all(line.startswith("  ") for line in after[1:3])


def test_while_nobody_answers_the_last_look_stays() -> None:
    assert printed(None, said="no answer: refused") == "no answer: refused\n"
    text = printed(LOOK, said="no answer since 12:00:01: refused")
    assert "no answer since 12:00:01" in text
    assert "waits" in text


def test_lengths_of_time_have_the_unit_that_suits() -> None:
    assert [duration(s) for s in (0.00025, 0.5, 12.34, 900)] == [
        "0.25 ms",
        "500 ms",
        "12.3 s",
        "15 min",
    ]
