"""SHUTDOWN in its three forms."""

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_a_shutdown_at_once_is_not_answered(stage: Stage) -> None:
    dialogue = opened(stage)
    assert dialogue.ask("SHUTDOWN").kinds == ""
    assert dialogue.at_end
    assert stage.pooler.stopped.is_set()


def test_a_shutdown_is_answered_before_it_ends_everything(stage: Stage) -> None:
    dialogue = opened(stage)
    # No server is in use: there is nothing to wait for.
    assert dialogue.ask("SHUTDOWN WAIT_FOR_SERVERS").tags == ["SHUTDOWN"]
    assert dialogue.at_end
    assert stage.pooler.stopped.is_set()


def test_a_shutdown_waits_for_the_console_too(stage: Stage) -> None:
    dialogue = opened(stage)
    assert dialogue.ask("shutdown wait_for_clients;").tags == ["SHUTDOWN"]
    assert not stage.pooler.stopped.is_set()
    assert dialogue.ask("SHOW POOLS").tags == ["SHOW"]
    assert dialogue.ask("RESUME").error.message == "pooler is shutting down"


def test_a_shutdown_that_waits_for_servers_is_a_pause(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    assert dialogue.ask("SHUTDOWN WAIT_FOR_SERVERS").tags == ["SHUTDOWN"]
    assert not stage.pooler.stopped.is_set()
    assert dialogue.ask("PAUSE").error.message == "already suspended/paused"
