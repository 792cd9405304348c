"""KILL, and the RESUME after it."""

import pytest

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


@pytest.mark.parametrize("command", ["KILL", "KILL shop"])
def test_clients_are_closed_and_the_database_is_paused(
    stage: Stage, command: str
) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool)
    dialogue = opened(stage)
    assert dialogue.ask(command).tags == ["KILL"]
    assert client.closed
    assert server.closed
    row = dialogue.ask("SHOW DATABASES").table[1]
    assert (row["name"], row["paused"]) == ("shop", "1")


@pytest.mark.parametrize("command", ["RESUME", "RESUME shop"])
def test_after_a_kill_of_all_either_resume_works(stage: Stage, command: str) -> None:
    stage.pool()
    dialogue = opened(stage)
    dialogue.ask("KILL")
    assert dialogue.ask(command).tags == ["RESUME"]
    assert not stage.pool().paused
    assert dialogue.ask("RESUME").error.message == "pooler is not paused/suspended"


def test_after_a_kill_of_one_only_its_own_resume_works(stage: Stage) -> None:
    stage.pool()
    dialogue = opened(stage)
    dialogue.ask("KILL shop")
    assert dialogue.ask("RESUME").error.message == "pooler is not paused/suspended"
    assert dialogue.ask("RESUME shop").tags == ["RESUME"]


@pytest.mark.parametrize(
    ("queries", "text"),
    [
        (["PAUSE", "KILL"], "already suspended/paused"),
        (["SUSPEND", "KILL shop"], "already suspended/paused"),
        (["KILL nowhere"], "no such database: nowhere"),
        (["KILL pgbouncer"], "cannot kill admin db: pgbouncer"),
    ],
)
def test_a_kill_that_makes_no_sense_is_refused(
    stage: Stage, queries: list[str], text: str
) -> None:
    dialogue = opened(stage)
    for query in queries[:-1]:
        dialogue.ask(query)
    error = dialogue.ask(queries[-1]).error
    assert (error.message, error.sqlstate) == (text, "08P01")
