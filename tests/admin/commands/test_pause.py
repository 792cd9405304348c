"""PAUSE and RESUME, which undoes it."""

import pytest

from pgpool_py.errors import Severity
from pgpool_py.pooler.stopping import Stopping
from tests.admin.dialogue import Dialogue, attached, opened
from tests.pooler.staging import Stage


def test_a_pause_with_nothing_to_wait_for_is_answered_at_once(stage: Stage) -> None:
    dialogue = opened(stage)
    assert dialogue.ask("PAUSE").tags == ["PAUSE"]
    assert stage.pooler.paused
    assert dialogue.ask("RESUME").tags == ["RESUME"]
    assert not stage.pooler.paused


def test_a_pause_is_answered_when_the_last_server_is_free(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    assert dialogue.ask("PAUSE").kinds == ""
    stage.tick()
    assert dialogue.answer().kinds == ""
    stage.leave(server)
    stage.tick()
    assert dialogue.answer().tags == ["PAUSE"]
    stage.tick()
    assert dialogue.answer().kinds == ""


def test_a_pause_of_one_database_does_not_wait_for_others(stage: Stage) -> None:
    lines = dict(stage.settings.databases)
    lines["art"] = lines["shop"]
    stage.pooler.context.settings = type(stage.settings)(databases=lines)
    art = stage.pool("art", "ann")
    stage.server(art, stage.client(art))
    dialogue = opened(stage)
    assert dialogue.ask("PAUSE shop").tags == ["PAUSE"]
    assert dialogue.ask("PAUSE art").kinds == ""
    assert stage.pooler.paused_databases == {"art", "shop"}


def test_what_is_sent_during_a_pause_is_answered_after_it(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    assert dialogue.ask("SHOW VERSION").kinds == ""
    stage.leave(server)
    stage.tick()
    assert dialogue.answer().tags == ["PAUSE", "SHOW"]


def test_other_consoles_are_answered_during_a_pause(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    console = attached(stage)
    waiting, other = (Dialogue(stage, console, admin=True) for _ in range(2))
    other.receive()
    waiting.ask("PAUSE")
    assert len(other.ask("SHOW POOLS").rows) == 2
    assert other.ask("PAUSE").error.message == "already suspended/paused"


def test_a_cancelled_pause_is_resumed_and_answered(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    dialogue.session.cancel()
    error = dialogue.answer().error
    assert error.sqlstate == "57014"
    assert error.severity == "ERROR"
    assert not stage.pooler.paused
    assert dialogue.ask("SHOW VERSION").tags == ["SHOW"]


def test_a_cancelled_pause_of_one_database_resumes_that_one(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE shop")
    dialogue.session.cancel()
    assert dialogue.answer().error.sqlstate == "57014"
    assert stage.pooler.paused_databases == set()


def test_a_cancelled_pause_does_not_stop_a_shutdown(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    stage.pooler.shut_down(Stopping.WAIT_FOR_SERVERS)
    dialogue.session.cancel()
    assert dialogue.answer().error.sqlstate == "57014"
    assert stage.pooler.paused


def test_a_cancel_of_nothing_does_nothing(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    dialogue.session.cancel()
    assert dialogue.answer().kinds == ""
    assert stage.pooler.paused


@pytest.mark.parametrize(
    ("command", "database", "text"),
    [
        ("PAUSE", None, "pooler is not paused/suspended"),
        ("PAUSE shop", "shop", "database shop is not paused"),
    ],
)
def test_a_pause_that_somebody_else_resumed_fails(
    stage: Stage, command: str, database: str | None, text: str
) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask(command)
    stage.pooler.resume(database)
    stage.tick()
    assert dialogue.answer().error.message == text


def test_a_pause_lasts_when_its_console_goes(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    dialogue.socket.close()
    dialogue.stream.on_readable()
    assert dialogue.session.closed
    assert stage.pooler.paused
    assert dialogue.session._look not in stage.pooler._watchers
    stage.leave(server)
    stage.tick()


@pytest.mark.parametrize(
    ("queries", "text"),
    [
        (["PAUSE", "PAUSE"], "already suspended/paused"),
        (["PAUSE", "PAUSE shop"], "already suspended/paused"),
        (["PAUSE nowhere"], "no such database: nowhere"),
        (["PAUSE pgbouncer"], "cannot pause admin db: pgbouncer"),
        (["RESUME"], "pooler is not paused/suspended"),
        (["PAUSE shop", "RESUME"], "pooler is not paused/suspended"),
        (["RESUME shop"], "database shop is not paused"),
        (["RESUME nowhere"], "no such database: nowhere"),
        (["RESUME pgbouncer"], "database pgbouncer is not paused"),
    ],
)
def test_a_pause_or_resume_that_makes_no_sense_is_refused(
    stage: Stage, queries: list[str], text: str
) -> None:
    dialogue = opened(stage)
    for query in queries[:-1]:
        dialogue.ask(query)
    error = dialogue.ask(queries[-1]).error
    assert (error.message, error.sqlstate) == (text, "08P01")
    assert error.severity == Severity.ERROR
    assert dialogue.ask("SHOW VERSION").tags == ["SHOW"]


def test_one_database_is_resumed(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.ask("PAUSE shop")
    row = dialogue.ask("SHOW DATABASES").table[1]
    assert (row["name"], row["paused"]) == ("shop", "1")
    assert dialogue.ask("RESUME shop").tags == ["RESUME"]
    assert stage.pooler.paused_databases == set()
