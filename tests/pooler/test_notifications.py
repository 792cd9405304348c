"""What an operator sees of a server that listens, and orders."""

from collections.abc import Callable
from pathlib import Path

from pgpool_py.pooler import orders, views
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.views import ServerStatus
from tests.fixtures.hand import Clock, Wire
from tests.pooler.hearing import Ears, listening, said, sent
from tests.pooler.house import House, app_and_blog
from tests.pooler.test_pooler import let_pass, reload

Build = Callable[..., House]


def pool_of(house: House) -> Pool:
    (pool,) = house.pooler.pools.values()
    return pool


def hear(house: House) -> tuple[Ears, Wire]:
    """Return a client that listens, and the server that does; there is another one."""
    house.pooler.start()
    house.come_in()
    ears = Ears(pool_of(house)).ask(b"a")
    house.turn()
    wire = house.log_in_server()
    assert wire.received() == said(b"a")
    wire.send(listening())
    house.turn()
    return ears.commit(), wire


def test_it_is_shown_among_the_servers(house: House) -> None:
    hear(house)
    idle, listens = sorted(views.servers(house.pooler), key=lambda view: view.number)
    assert idle.status is ServerStatus.IDLE
    assert listens.status is ServerStatus.ACTIVE
    assert listens.client is None
    (pool,) = views.pools(house.pooler)
    assert (pool.sv_active, pool.sv_idle) == (1, 1)


def test_one_that_is_being_opened_is_shown_too(house: House) -> None:
    house.come_in()
    Ears(pool_of(house)).ask(b"a")
    house.turn()
    statuses = {view.status for view in views.servers(house.pooler)}
    assert statuses == {ServerStatus.IDLE, ServerStatus.NEW}
    assert views.pools(house.pooler)[0].sv_login == 1


def test_nobody_waits_for_it_in_a_pause_which_closes_it(house: House) -> None:
    _, wire = hear(house)
    house.pooler.pause()
    house.turn()
    assert house.pooler.active_servers() == 0
    wire.received()
    assert wire.ended


def test_reconnect_replaces_it(house: House, clock: Clock) -> None:
    _, wire = hear(house)
    orders.reconnect(house.pooler)
    house.turn()
    wire.received()
    assert wire.ended
    let_pass(house, clock, 0.1)
    assert house.log_in_server().received() == said(b"a")


def test_kill_closes_it_and_its_clients_with_it(house: House, clock: Clock) -> None:
    ears, wire = hear(house)
    ears.subscription.end()
    orders.kill(house.pooler)
    house.turn()
    wire.received()
    assert wire.ended
    let_pass(house, clock, 1.0)
    assert house.postgres.waiting() == []


def test_while_everything_is_suspended_nobody_is_told_anything(
    house: House, clock: Clock
) -> None:
    ears, wire = hear(house)
    assert house.pooler.suspend().complete
    wire.send(sent())
    let_pass(house, clock, 60.0)
    assert ears.told == []
    house.pooler.resume()
    house.turn()
    assert ears.told == [sent()]
    wire.received()
    assert not wire.ended


def test_it_counts_to_the_limit_of_its_database(
    build: Build, tmp_path: Path, clock: Clock
) -> None:
    house = build(max_db_connections=2, databases=app_and_blog(tmp_path))
    hear(house)
    (quota, _) = pool_of(house).quotas
    assert quota.used == 2


def test_new_limits_hold_for_clients_that_are_there(house: House) -> None:
    ears, _ = hear(house)
    reload(house, max_listen_channels=1)
    ears.ask(b"b")
    assert ears.answers[-1] is not None
    assert ears.answers[-1].detail == "max_listen_channels is 1."
