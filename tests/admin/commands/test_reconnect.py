"""RECONNECT, and WAIT_CLOSE, which waits for its end."""

import pytest

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


@pytest.mark.parametrize("argument", ["", "shop"])
def test_servers_are_replaced_when_their_clients_let_go(
    stage: Stage, argument: str
) -> None:
    pool = stage.pool()
    idle, busy = stage.server(pool), stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    assert dialogue.ask(f"RECONNECT {argument}").tags == ["RECONNECT"]
    assert idle.closed
    assert not busy.closed
    assert dialogue.ask(f"WAIT_CLOSE {argument}").kinds == ""
    stage.tick()
    assert dialogue.answer().kinds == ""
    stage.leave(busy)
    stage.tick()
    assert dialogue.answer().tags == ["WAIT_CLOSE"]


@pytest.mark.parametrize("argument", ["", "shop"])
def test_where_nothing_is_replaced_nobody_waits(stage: Stage, argument: str) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    assert opened(stage).ask(f"WAIT_CLOSE {argument}").tags == ["WAIT_CLOSE"]


def test_a_cancelled_wait_leaves_everything_as_it_is(stage: Stage) -> None:
    pool = stage.pool()
    busy = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("RECONNECT")
    dialogue.ask("WAIT_CLOSE")
    dialogue.session.cancel()
    assert dialogue.answer().error.sqlstate == "57014"
    assert busy.close_needed


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("RECONNECT nowhere", "no such database: nowhere"),
        ("RECONNECT pgbouncer", "cannot reconnect admin db: pgbouncer"),
        ("WAIT_CLOSE nowhere", "no such database: nowhere"),
        ("WAIT_CLOSE pgbouncer", "cannot wait in admin db: pgbouncer"),
    ],
)
def test_what_names_no_database_of_ours_is_refused(
    stage: Stage, query: str, text: str
) -> None:
    error = opened(stage).ask(query).error
    assert (error.message, error.sqlstate) == (text, "08P01")
