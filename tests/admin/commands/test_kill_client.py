"""KILL_CLIENT."""

import pytest

from tests.admin.dialogue import Dialogue, attached, opened
from tests.pooler.staging import Stage


@pytest.mark.parametrize("column", ["id", "ptr"])
def test_a_client_is_killed_by_what_show_clients_says(
    stage: Stage, column: str
) -> None:
    pool = stage.pool()
    client, other = stage.client(pool), stage.client(pool)
    dialogue = opened(stage)
    shown = [r for r in dialogue.ask("SHOW CLIENTS").table if r["database"] == "shop"]
    name = next(r[column] for r in shown if r["id"] == str(client.identity.number))
    assert dialogue.ask(f"KILL_CLIENT {name}").tags == ["KILL_CLIENT"]
    assert (client.closed, other.closed) == (True, False)


def test_a_client_of_the_console_is_killed_too(stage: Stage) -> None:
    console = attached(stage)
    dialogue, other = (Dialogue(stage, console, admin=True) for _ in range(2))
    dialogue.receive()
    other.receive()
    number = other.identity.number
    assert dialogue.ask(f"KILL_CLIENT {number}").tags == ["KILL_CLIENT"]
    error = other.answer().errors[0]
    assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
    assert error.message == "admin forced disconnect"
    assert other.at_end


def test_who_kills_itself_is_gone(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.ask(f"KILL_CLIENT {dialogue.identity.number}")
    assert dialogue.session.closed


@pytest.mark.parametrize("argument", ["", "ann", "0x", "12ab", '"-1"'])
def test_what_is_no_number_is_refused(stage: Stage, argument: str) -> None:
    error = opened(stage).ask(f"KILL_CLIENT {argument}").error
    assert error.message == "invalid client pointer supplied"


@pytest.mark.parametrize("argument", ["4711", "0xffff"])
def test_a_number_that_nobody_has_is_refused(stage: Stage, argument: str) -> None:
    assert opened(stage).ask(f"KILL_CLIENT {argument}").error.message == (
        "client not found"
    )
