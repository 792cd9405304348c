"""Whose exchanges are sent behind others', to which server, and when they are not."""

import pytest

from pgpool_py.client.sharer import MOST_FOLLOWING
from pgpool_py.settings import Multiplex, PoolMode
from pgwire.frontend import Terminate
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    IN_TRANSACTION,
    SYNC,
    complete,
    parse,
    query,
    told,
)
from tests.pooler.sharing import (
    WRITE,
    Share,
    Shared,
    answers,
    asks,
    batch,
)
from tests.pooler.test_pooler import reload


def followed(shared: Shared, head: bytes, follower: bytes) -> bool:
    """Tell whether what one client asks is sent behind what another one does."""
    first, second = shared.clients[:2]
    shared.send(first, head)
    assert shared.received() == [head]
    shared.send(second, follower)
    received = b"".join(shared.received())
    assert received in {b"", follower}
    return bool(received)


# Who follows whom


@pytest.mark.parametrize("follower", [asks(1), batch(1)])
@pytest.mark.parametrize("head", [asks(2), batch(2), WRITE])
def test_what_may_be_run_twice_follows_what_stands_for_itself(
    share: Share, head: bytes, follower: bytes
) -> None:
    assert followed(share(), head, follower)


def test_as_long_as_a_server_is_idle_it_is_lent(share: Share) -> None:
    shared = share(servers=2)
    shared.ask(0, 1)
    assert shared.received() == [asks(0), asks(1)]


def test_as_long_as_the_pool_may_grow_it_does(share: Share) -> None:
    shared = share(default_pool_size=2)
    shared.ask(0, 1)
    assert shared.received() == [asks(0)]
    assert shared.log_in().received() == b""
    # It came too late to see the client's query.
    shared.send(shared.servers[0], answers(0))


@pytest.mark.parametrize(
    "follower",
    [
        WRITE,
        query("SELECT 1; SELECT 2"),
        query("SELECT 1 FOR UPDATE"),
        query("SELECT nextval('s')"),
        query("BEGIN"),
        query(""),
        batch(1) + batch(2),
        batch(1)[:-1],
        parse("", "SELECT 1") + SYNC,
    ],
)
def test_what_may_not_be_run_twice_waits(share: Share, follower: bytes) -> None:
    assert not followed(share(), asks(1), follower)


@pytest.mark.parametrize(
    "head",
    [
        query("BEGIN"),
        query("SELECT 1; SELECT 2"),
        query("COPY t FROM STDIN"),
        query("CREATE TABLE t ()"),
        query("SELECT set_config('a.b', 'c', false)"),
        query("CALL p()"),
        query("SELECT own_function()"),
    ],
)
def test_nobody_follows_what_does_not_stand_for_itself(
    share: Share, head: bytes
) -> None:
    assert not followed(share(), head, asks(1))


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(asks(1) + asks(2), id="more"),
        pytest.param(batch(1) + batch(2), id="more batches"),
        pytest.param(parse() + BIND + EXECUTE, id="unsynced"),
        pytest.param(batch(1) + parse(), id="unsynced behind it"),
        pytest.param(asks(1) + asks(2)[:7], id="half of a message behind it"),
    ],
)
def test_nobody_follows_a_client_that_has_sent_more(share: Share, head: bytes) -> None:
    shared = share()
    shared.send(shared.clients[0], head)
    shared.received()
    shared.ask(1)
    assert shared.received() == [b""]


def test_nor_one_that_sends_more_later(share: Share) -> None:
    shared = share()
    shared.send(shared.clients[0], asks(0), asks(5))
    assert shared.received() == [asks(0) + asks(5)]
    shared.ask(1)
    assert shared.received() == [b""]


def test_nor_one_that_has_sent_terminate(share: Share) -> None:
    shared = share()
    shared.send(shared.clients[0], asks(0) + Terminate().encode())
    assert shared.received() == [asks(0)]
    shared.ask(1)
    assert shared.received() == [b""]


def test_nor_one_within_a_transaction(share: Share) -> None:
    shared = share()
    shared.send(shared.clients[0], query("BEGIN"))
    shared.send(shared.servers[0], complete("BEGIN") + IN_TRANSACTION)
    shared.send(shared.clients[0], asks(0))
    shared.received()
    shared.ask(1)
    assert shared.received() == [b""]


@pytest.mark.parametrize(
    "given",
    [
        {"multiplexing": Multiplex.OFF},
        {"multiplexing_depth": 1},
        {"pool_mode": PoolMode.SESSION, "server_reset_query": ""},
        {"server_reset_query_always": True, "server_reset_query": ""},
    ],
)
def test_settings_keep_everybody_alone(share: Share, given: dict[str, object]) -> None:
    assert not followed(share(**given), asks(0), asks(1))


def test_in_statement_mode_too_servers_are_shared(share: Share) -> None:
    assert followed(share(pool_mode=PoolMode.STATEMENT), asks(0), asks(1))


@pytest.mark.parametrize(
    ("parameters", "follows"),
    [
        ({"application_name": "other"}, True),
        ({"TimeZone": "CET"}, False),
        ({"application_name": "other", "TimeZone": "CET"}, False),
    ],
)
def test_parameters_must_be_alike_but_for_the_application_name(
    share: Share, parameters: dict[str, str], follows: bool
) -> None:
    shared = share(clients=1)
    (other,) = shared.enter(1, **parameters)
    shared.ask(0)
    shared.send(other, asks(1))
    assert shared.received() == [asks(0) + asks(1) * follows]


def test_the_application_name_too_if_it_is_not_to_be_ignored(share: Share) -> None:
    shared = share(clients=1, multiplexing_ignore=())
    (other,) = shared.enter(application_name="other")
    shared.ask(0)
    shared.send(other, asks(1))
    assert shared.received() == [asks(0)]


@pytest.mark.parametrize(("more", "follows"), [(0, True), (1, False)])
def test_only_short_exchanges_follow(share: Share, more: int, follows: bool) -> None:
    short = query("SELECT ''")
    filling = "x" * (MOST_FOLLOWING - len(short) + more)
    follower = query(f"SELECT '{filling}'")
    assert len(follower) == MOST_FOLLOWING + more
    assert followed(share(), asks(0), follower) is follows


@pytest.mark.parametrize("exchange", [asks(2), batch(2)])
@pytest.mark.parametrize("more", [asks(5), batch(5), Terminate().encode(), b"Q"])
def test_who_sends_more_while_it_waits_follows_nobody(
    share: Share, exchange: bytes, more: bytes
) -> None:
    shared = share(multiplexing_depth=2)
    shared.ask(0, 1)
    shared.received()
    shared.send(shared.clients[2], exchange, more)
    shared.answer(0)
    assert shared.received() == [b""]
    shared.answer(1)
    assert shared.received()[0].startswith(exchange)


# How many, and where


def test_no_more_follow_than_the_depth_allows(share: Share) -> None:
    shared = share(clients=5, multiplexing_depth=3)
    shared.ask(0, 1, 2, 3, 4)
    assert shared.received() == [asks(0) + asks(1) + asks(2)]
    shared.send(shared.servers[0], answers(0))
    assert shared.received() == [asks(3)]
    shared.send(shared.servers[0], answers(1) + answers(2))
    assert shared.received() == [asks(4)]


def test_where_the_least_is_in_flight(share: Share) -> None:
    shared = share(clients=6, servers=2)
    shared.ask(0, 1, 2, 3)
    one, other = shared.received()
    assert {one, other} in (
        {asks(0) + asks(2), asks(1) + asks(3)},
        {asks(0) + asks(3), asks(1) + asks(2)},
    )
    # Two of the three on one server are done.
    shared.ask(4)
    place = 0 if shared.servers[0].received() else 1
    shared.received()
    for number in [n for n in range(5) if asks(n) in (one, other)[place]]:
        shared.send(shared.servers[place], answers(number))
    shared.ask(5)
    assert shared.received()[place] == asks(5)


def test_who_has_waited_longer_follows_first(share: Share) -> None:
    shared = share(clients=6, multiplexing_depth=2)
    shared.ask(0, 1, 2, 3, 4)
    assert shared.received() == [asks(0) + asks(1)]
    shared.send(shared.servers[0], answers(0))
    shared.ask(5)
    assert shared.received() == [asks(2)]
    for number in (1, 2, 3):
        shared.send(shared.servers[0], answers(number))
    assert shared.received() == [asks(3) + asks(4) + asks(5)]


def test_the_server_that_is_free_first_is_for_who_needs_one_alone(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0)
    shared.send(shared.clients[1], WRITE)
    shared.ask(2)
    assert shared.received() == [asks(0)]
    shared.send(shared.servers[0], answers(0))
    # Behind it others may be.
    assert shared.received() == [WRITE + asks(2)]


def test_others_go_to_the_servers_that_are_left(share: Share) -> None:
    shared = share(clients=8, servers=2)
    shared.ask(0, 1, 2)
    one, other = shared.received()
    longer = 0 if asks(2) in one else 1
    assert len((one, other)[longer]) > len((one, other)[1 - longer])
    shared.send(shared.clients[3], WRITE)
    shared.ask(4)
    expected = [b"", b""]
    expected[longer] = asks(4)
    assert shared.received() == expected
    # A second one leaves no server to be shared.
    shared.send(shared.clients[5], WRITE)
    shared.ask(6)
    assert shared.received() == [b"", b""]
    shared.send(shared.servers[1 - longer], answers(1 - longer))
    sent = shared.received()
    assert sent[1 - longer].startswith(WRITE)


def test_followers_are_not_in_the_queue_that_has_a_limit(share: Share) -> None:
    shared = share(clients=5, max_wait_queue=1, multiplexing_depth=3)
    shared.ask(0, 1, 2, 3)
    assert shared.received() == [asks(0) + asks(1) + asks(2)]
    assert shared.told() == [b""] * 5
    shared.ask(4)
    assert told(shared.clients[4].received())[1] == "53300"


# What ends it


def test_a_server_that_is_to_be_replaced_gets_nothing_more(share: Share) -> None:
    shared = share()
    shared.ask(0)
    (server,) = shared.pool.books.busy
    server.close_needed = True
    shared.ask(1)
    assert shared.received() == [asks(0)]
    shared.send(shared.servers[0], answers(0))
    assert shared.servers[0].ended or shared.servers[0].received()
    assert shared.log_in().received() == b""


def test_nor_one_that_is_too_old(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    (server,) = shared.pool.books.busy
    server.end_of_life = shared.clock.now
    shared.ask(2)
    assert shared.received() == [asks(0) + asks(1)]
    shared.send(shared.servers[0], answers(0) + answers(1))
    assert shared.told() == [answers(0), answers(1), b""]
    shared.log_in()


def test_while_the_pool_is_paused_what_is_in_flight_is_answered(
    share: Share,
) -> None:
    shared = share(clients=5, multiplexing_depth=2)
    shared.ask(0, 1, 2)
    shared.house.pooler.pause()
    shared.ask(3)
    shared.send(shared.servers[0], answers(0))
    assert shared.received() == [asks(0) + asks(1)]
    shared.send(shared.servers[0], answers(1))
    assert shared.told() == [answers(0), answers(1), b"", b"", b""]
    assert not shared.house.pooler.active_servers()
    shared.house.pooler.resume()
    assert shared.log_in().received() == b""


@pytest.mark.parametrize(
    "changed",
    [{"multiplexing": Multiplex.OFF}, {"pool_mode": PoolMode.SESSION}],
)
def test_after_a_reload_without_it_nobody_follows_any_more(
    share: Share, changed: dict[str, object]
) -> None:
    shared = share(clients=4, multiplexing_depth=2, server_reset_query="")
    shared.ask(0, 1, 2)
    reload(shared.house, **changed)
    shared.send(shared.servers[0], answers(0))
    shared.ask(3)
    assert shared.received() == [asks(0) + asks(1)]
    shared.send(shared.servers[0], answers(1))
    assert shared.received() == [asks(2)]
    assert shared.told() == [answers(0), answers(1), b"", b""]


def test_a_reload_may_change_the_depth(share: Share) -> None:
    shared = share(clients=6, multiplexing_depth=2)
    shared.ask(0, 1, 2)
    reload(shared.house, multiplexing_depth=4)
    shared.send(shared.servers[0], answers(0))
    shared.ask(3, 4, 5)
    assert shared.received() == [asks(0) + asks(1) + asks(2) + asks(3) + asks(4)]


def test_all_servers_are_idle_in_the_end(share: Share) -> None:
    shared = share(clients=6, servers=2)
    shared.ask(0, 1, 2, 3, 4, 5)
    for server, sent in zip(shared.servers, shared.received(), strict=True):
        for number in range(6):
            if asks(number) in sent:
                shared.send(server, answers(number))
    assert shared.told() == [answers(number) for number in range(6)]
    assert shared.shelved()
