"""SUSPEND, and what ends it."""

import pytest

from pgpool_py.pooler.stopping import Stopping
from tests.admin.dialogue import Dialogue, attached, opened
from tests.pooler.staging import Stage


def test_with_nothing_to_wait_for_it_is_answered_at_once(stage: Stage) -> None:
    client = stage.client(stage.pool())
    dialogue = opened(stage)
    assert dialogue.ask("SUSPEND").tags == ["SUSPEND"]
    assert client.stream.held
    shown = dialogue.ask("SHOW STATE").rows
    assert shown == [("active", "no"), ("paused", "no"), ("suspended", "yes")]
    assert dialogue.ask("RESUME").tags == ["RESUME"]
    assert not client.stream.held


def test_it_is_answered_when_nobody_waits_any_more(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    stage.wait(client, pool, 0.0)
    dialogue = opened(stage)
    assert dialogue.ask("SUSPEND").kinds == ""
    stage.tick()
    assert dialogue.answer().kinds == ""
    stage.server(pool, client)
    client.waiting = False
    assert stage.pooler.suspension is not None
    stage.pooler.suspension.check()
    stage.tick()
    assert dialogue.answer().tags == ["SUSPEND"]


def test_a_cancelled_one_is_undone(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    stage.wait(client, pool, 0.0)
    dialogue = opened(stage)
    dialogue.ask("SUSPEND")
    dialogue.session.cancel()
    assert dialogue.answer().error.sqlstate == "57014"
    assert stage.pooler.suspension is None
    assert not client.stream.held


def test_one_that_somebody_else_resumed_fails(stage: Stage) -> None:
    pool = stage.pool()
    stage.wait(stage.client(pool), pool, 0.0)
    dialogue = opened(stage)
    dialogue.ask("SUSPEND")
    stage.pooler.resume()
    stage.tick()
    assert dialogue.answer().error.message == "pooler is not paused/suspended"


def test_it_ends_with_the_console_that_asked_for_it(stage: Stage) -> None:
    client = stage.client(stage.pool())
    console = attached(stage)
    dialogue, other = (Dialogue(stage, console, admin=True) for _ in range(2))
    dialogue.receive()
    dialogue.ask("SUSPEND")
    other.socket.close()
    other.stream.on_readable()
    assert client.stream.held
    dialogue.socket.close()
    dialogue.stream.on_readable()
    assert stage.pooler.suspension is None
    assert not client.stream.held


def test_another_one_lasts_when_the_first_console_goes(stage: Stage) -> None:
    console = attached(stage)
    dialogue, other = (Dialogue(stage, console, admin=True) for _ in range(2))
    dialogue.receive()
    other.receive()
    dialogue.ask("SUSPEND")
    other.ask("RESUME")
    other.ask("SUSPEND")
    dialogue.socket.close()
    dialogue.stream.on_readable()
    assert stage.pooler.suspension is not None


@pytest.mark.parametrize(
    ("queries", "text"),
    [
        (["PAUSE", "SUSPEND"], "already suspended/paused"),
        (["SUSPEND", "SUSPEND"], "already suspended/paused"),
        (["SUSPEND", "PAUSE"], "already suspended/paused"),
        (["PAUSE shop", "SUSPEND"], "cannot suspend with paused databases"),
        (["SUSPEND shop"], "invalid command 'SUSPEND shop', use SHOW HELP;"),
    ],
)
def test_one_that_makes_no_sense_is_refused(
    stage: Stage, queries: list[str], text: str
) -> None:
    dialogue = opened(stage)
    for query in queries[:-1]:
        dialogue.ask(query)
    error = dialogue.ask(queries[-1]).error
    assert (error.message, error.sqlstate) == (text, "08P01")


def test_what_is_about_to_end_is_not_suspended(stage: Stage) -> None:
    dialogue = opened(stage)
    stage.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    assert dialogue.ask("SUSPEND").error.message == "pooler is shutting down"
