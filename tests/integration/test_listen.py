"""LISTEN, UNLISTEN and NOTIFY in transaction mode, as drivers use them."""

import asyncio

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until

Client = psycopg.Connection[TupleRow]


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    """Return one with two servers, of which another is lent after every release."""
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, debug_rotate_servers=1
    )


def connect(pooler: PoolerProcess) -> Client:
    return pooler.keep(pooler.connect())


def told(client: Client, number: int = 1) -> list[tuple[str, str]]:
    """Return so many notifications that a client gets."""
    found = client.notifies(timeout=10.0, stop_after=number)
    return [(one.channel, one.payload) for one in found]


def is_told_nothing_before(client: Client, pooler: PoolerProcess) -> bool:
    """Say whether a client gets nothing but what is sent now."""
    with pooler.direct() as direct:
        direct.execute("NOTIFY fence")
    return told(client) == [("fence", "")]


def notify(pooler: PoolerProcess, channel: str, payload: str = "") -> None:
    with pooler.direct() as direct:
        direct.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def channels(pooler: PoolerProcess) -> list[str]:
    """Return what the servers of the pool listen to, as any of its clients sees it."""
    with pooler.connect() as client:
        rows = [
            client.execute("SELECT pg_listening_channels()").fetchall()
            for _ in range(4)
        ]
    return [str(row[0]) for found in rows for row in found]


def test_a_client_is_told_whichever_server_it_has(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    for _ in range(3):
        client.execute("SELECT 1")
    notify(pooler, "news", "one")
    assert told(client) == [("news", "one")]


def test_no_server_goes_on_listening(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    assert channels(pooler) == []


def test_clients_are_told_what_they_listen_to_and_no_more(
    pooler: PoolerProcess,
) -> None:
    first, second, third = (connect(pooler) for _ in range(3))
    first.execute("LISTEN news; LISTEN fence")
    second.execute("LISTEN news; LISTEN fence")
    third.execute("LISTEN fence")
    notify(pooler, "news", "x")
    notify(pooler, "fence")
    assert told(first, 2) == told(second, 2) == [("news", "x"), ("fence", "")]
    assert told(third) == [("fence", "")]


def test_names_are_folded_and_quoted_as_by_postgresql(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute('LISTEN NeWs; LISTEN "Ne""Ws"; LISTEN "ünï"')
    for name in ("news", 'Ne"Ws', "ünï"):
        notify(pooler, name)
    assert told(client, 3) == [("news", ""), ('Ne"Ws', ""), ("ünï", "")]


def test_a_name_that_is_too_long_is_cut_as_by_postgresql(
    pooler: PoolerProcess,
) -> None:
    client = connect(pooler)
    client.execute("LISTEN " + "x" * 80)
    notify(pooler, "x" * 63)
    assert told(client) == [("x" * 63, "")]


# Transactions


def test_listen_holds_once_it_is_committed(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("LISTEN fence")
    with client.transaction():
        client.execute("LISTEN news")
        client.execute("SELECT 1")
    notify(pooler, "news")
    assert told(client) == [("news", "")]


def test_listen_that_is_rolled_back_was_never_said(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("LISTEN fence")
    with client.transaction(force_rollback=True):
        client.execute("LISTEN news")
    notify(pooler, "news")
    assert is_told_nothing_before(client, pooler)


def test_listen_in_a_savepoint_that_is_rolled_back_was_never_said(
    pooler: PoolerProcess,
) -> None:
    client = connect(pooler)
    client.execute("LISTEN fence")
    with client.transaction():
        with client.transaction(force_rollback=True):
            client.execute("LISTEN news")
        client.execute("LISTEN more")
    notify(pooler, "news")
    notify(pooler, "more")
    assert told(client) == [("more", "")]


def test_what_comes_within_a_transaction_is_told_behind_it(
    pooler: PoolerProcess,
) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    got: list[str] = []
    client.add_notify_handler(lambda one: got.append(one.payload))
    with client.transaction():
        client.execute("SELECT 1")
        notify(pooler, "news", "one")
        client.execute("SELECT pg_sleep(0.05)")
        assert got == []
    client.execute("SELECT 1")
    assert got == ["one"]


@pytest.mark.parametrize("unlisten", ["UNLISTEN news", "UNLISTEN *", "DISCARD ALL"])
def test_unlisten_ends_it(pooler: PoolerProcess, unlisten: str) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    client.execute(unlisten)
    client.execute("LISTEN fence")
    notify(pooler, "news")
    assert is_told_nothing_before(client, pooler)


@pytest.mark.parametrize("unlisten", ["UNLISTEN news", "UNLISTEN *"])
def test_unlisten_holds_once_it_is_committed(
    pooler: PoolerProcess, unlisten: str
) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    with client.transaction():
        client.execute(unlisten)
        client.execute("LISTEN fence")
    notify(pooler, "news")
    assert is_told_nothing_before(client, pooler)


@pytest.mark.parametrize("unlisten", ["UNLISTEN news", "UNLISTEN *"])
def test_unlisten_that_is_rolled_back_was_never_said(
    pooler: PoolerProcess, unlisten: str
) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    with client.transaction(force_rollback=True):
        client.execute(unlisten)
    with client.transaction():
        with client.transaction(force_rollback=True):
            client.execute(unlisten)
        client.execute("SELECT 1")
    notify(pooler, "news")
    assert told(client) == [("news", "")]


def test_a_listen_that_nobody_could_see_counts(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("DO $$BEGIN EXECUTE 'LISTEN ' || 'news'; END$$")
    # From the time on at which the session is looked into.
    client.execute("SELECT 1")
    assert channels(pooler) == []
    until(
        lambda: any(b.query.startswith("LISTEN") for b in pooler.backends()),
        "a server listens",
    )
    notify(pooler, "news")
    assert told(client) == [("news", "")]


def test_a_client_that_is_gone_leaves_nothing(pooler: PoolerProcess) -> None:
    with pooler.connect() as client:
        client.execute("LISTEN news")
        client.execute("BEGIN")
        client.execute("LISTEN more")
    assert channels(pooler) == []


# Extended protocol and other drivers


@pytest.mark.parametrize("prepare", [False, True])
def test_the_extended_protocol_does_as_well(
    pooler: PoolerProcess, prepare: bool
) -> None:
    client = connect(pooler)
    for _ in range(2):
        client.execute("LISTEN news", prepare=prepare, binary=True)
        notify(pooler, "news")
        assert told(client) == [("news", "")]
        client.execute("UNLISTEN news", prepare=prepare, binary=True)


def test_a_pipeline_does_as_well(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    with client.pipeline():
        client.execute("SELECT 1")
        client.execute("LISTEN news")
        client.execute("LISTEN more")
        client.execute("SELECT 1")
    notify(pooler, "more")
    assert told(client) == [("more", "")]


def test_asyncpgs_listeners_are_told(pooler: PoolerProcess) -> None:
    async def listen() -> list[tuple[str, str]]:
        got: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

        def note(_connection: object, _pid: object, *what: object) -> None:
            channel, payload = map(str, what)
            got.put_nowait((channel, payload))

        client = await asyncpg.connect(
            host=pooler.host, port=pooler.port, user=USER, database=DATABASE
        )
        try:
            await client.add_listener("news", note)
            await client.fetch("SELECT 1")
            await client.execute("SELECT pg_notify('news', 'one')")
            found = [await asyncio.wait_for(got.get(), 10)]
            await client.remove_listener("news", note)
            await client.add_listener("more", note)
            await client.execute("NOTIFY news; NOTIFY more")
            found.append(await asyncio.wait_for(got.get(), 10))
        finally:
            await client.close()
        return found

    assert asyncio.run(listen()) == [("news", "one"), ("more", "")]


# Modes and limits


@pytest.mark.parametrize(
    ("mode", "state"), [("session", "track"), ("statement", "track")]
)
def test_other_modes_tell_their_clients_too(
    start_pooler: StartPooler, mode: str, state: str
) -> None:
    pooler = start_pooler(pool_mode=mode, session_state=state)
    client = connect(pooler)
    client.execute("LISTEN news")
    notify(pooler, "news")
    assert told(client) == [("news", "")]


def test_one_channel_too_many_is_an_error_and_the_session_goes_on(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", max_listen_channels=1)
    client = connect(pooler)
    client.execute("LISTEN news")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as caught:
        client.execute("LISTEN more")
    assert caught.value.diag.message_detail == "max_listen_channels is 1."
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        client.execute("LISTEN more", prepare=True, binary=True)
    client.execute("UNLISTEN news")
    client.execute("LISTEN more")
    notify(pooler, "more")
    assert told(client) == [("more", "")]


def test_who_does_not_take_notifications_is_closed(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", notification_buffer_limit=10_000)
    client = connect(pooler)
    client.execute("LISTEN news")
    client.execute("BEGIN")
    for _ in range(3):
        notify(pooler, "news", "x" * 5_000)
    pooler.wait_for_log("closing because: notifications are not taken")
    with pytest.raises(psycopg.OperationalError, match="notification_buffer_limit"):
        client.execute("SELECT 1")


def test_it_is_shown_among_the_servers(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", admin_users=USER)
    client = connect(pooler)
    client.execute("LISTEN news")
    # Not before the session is looked into.
    client.execute("SELECT 1")
    with pooler.connect("pgbouncer") as console:
        servers = console.execute("SHOW SERVERS").fetchall()
    assert sorted(str(row[4]) for row in servers) == ["active", "idle"]


def test_without_room_for_the_server_that_listens_listen_is_an_error(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", max_db_connections=1, server_connect_timeout=1
    )
    client = connect(pooler)
    with pytest.raises(psycopg.errors.TooManyConnections) as caught:
        client.execute("LISTEN news")
    assert "max_db_connections" in str(caught.value.diag.message_detail)
    assert client.execute("SELECT 1").fetchone() == (1,)


# Who has sent it


def test_its_own_notification_has_its_own_process_id(pooler: PoolerProcess) -> None:
    first, second = connect(pooler), connect(pooler)
    for client in (first, second):
        client.execute("LISTEN news")
    first.execute("NOTIFY news")
    second.execute("SELECT pg_notify('news', '')")
    for client in (first, second):
        pids = [one.pid for one in client.notifies(timeout=10.0, stop_after=2)]
        assert pids == [first.info.backend_pid, second.info.backend_pid]


def test_a_notification_of_who_does_not_listen_has_the_servers(
    pooler: PoolerProcess,
) -> None:
    client, other = connect(pooler), connect(pooler)
    client.execute("LISTEN news")
    with other.transaction():
        row = other.execute("SELECT pg_backend_pid()").fetchone()
        other.execute("NOTIFY news")
    assert row is not None
    (one,) = client.notifies(timeout=10.0, stop_after=1)
    assert one.pid == row[0]


def test_what_a_client_sends_itself_comes_in_its_order(pooler: PoolerProcess) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    for number in range(20):
        client.execute(f"NOTIFY news, '{number}'")
    assert told(client, 20) == [("news", str(number)) for number in range(20)]
