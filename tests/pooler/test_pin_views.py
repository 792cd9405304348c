"""Views of who keeps a server past the transaction."""

from pgpool_py.client.session import ClientSession
from pgpool_py.pooler.pin_views import PinView, pins
from pgpool_py.pooler.pins import Pin
from pgpool_py.pooler.pool import Pool
from tests.pooler.staging import Stage


def pin(
    stage: Stage, pool: Pool, seconds: float, *holdings: str, linked: bool = True
) -> ClientSession:
    """Put a client on the stage that keeps a server since so long ago."""
    client = stage.client(pool)
    if linked:
        stage.server(pool, client)
    client.holdings = holdings
    pool.pins.holders[client] = Pin(stage.pooler.now - seconds, "LOCK ?")
    return client


def test_nobody_keeps_one_at_first(stage: Stage) -> None:
    stage.client(stage.pool())
    assert pins(stage.pooler) == []


def test_who_keeps_one_shows_what_for_and_since_when(stage: Stage) -> None:
    pool = stage.pool()
    client = pin(stage, pool, 7.0, "advisory lock", "temporary object")
    book = stage.pooler.context.book
    client.parameters = book.of({"application_name": "jobs"})
    assert client.server is not None
    (view,) = pins(stage.pooler)
    assert view == PinView(
        database="shop",
        user="ann",
        number=client.identity.number,
        address="192.0.2.7",
        port=client.identity.visitor.port,
        application_name="jobs",
        remote_pid=client.server.pid,
        holds=("advisory lock", "temporary object"),
        fingerprint="LOCK ?",
        age=view.age,
    )
    assert int(view.age) == 7


def test_who_may_keep_one_in_a_moment_holds_nothing_yet(stage: Stage) -> None:
    pin(stage, stage.pool(), 0.0, linked=False)
    (view,) = pins(stage.pooler)
    assert (view.remote_pid, view.holds) == (0, ())


def test_they_come_by_pool_and_the_one_that_pinned_first_in_front(
    stage: Stage,
) -> None:
    two, one = stage.pool("shop", "bob"), stage.pool("shop", "ann")
    for pool, seconds in ((two, 9.0), (one, 5.0), (one, 1.0)):
        pin(stage, pool, seconds, "advisory lock")
    found = [(view.user, int(view.age)) for view in pins(stage.pooler)]
    assert found == [("ann", 5), ("ann", 1), ("bob", 9)]
