"""DISABLE and ENABLE."""

import pytest

from pgpool_py.errors import LoginError
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_nobody_is_let_into_a_disabled_database(stage: Stage) -> None:
    dialogue = opened(stage)
    assert dialogue.ask("DISABLE shop").tags == ["DISABLE"]
    with pytest.raises(LoginError, match='database "shop" is disabled') as caught:
        stage.pool()
    assert caught.value.sqlstate == "3D000"
    row = dialogue.ask("SHOW DATABASES").table[1]
    assert (row["name"], row["disabled"], row["paused"]) == ("shop", "1", "0")


def test_who_is_in_stays(stage: Stage) -> None:
    client = stage.client(stage.pool())
    opened(stage).ask("DISABLE shop")
    assert not client.closed


def test_clients_are_let_in_again_once_it_is_enabled(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.ask("DISABLE shop")
    assert dialogue.ask("ENABLE shop").tags == ["ENABLE"]
    stage.pool()
    row = dialogue.ask("SHOW DATABASES").table[1]
    assert row["disabled"] == "0"


def test_what_is_enabled_may_be_enabled(stage: Stage) -> None:
    assert opened(stage).ask("ENABLE shop").tags == ["ENABLE"]


@pytest.mark.parametrize("doing", ["disable", "enable"])
@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("", "a database is required"),
        ("nowhere", "no such database: nowhere"),
        ("pgbouncer", "cannot {} admin db: pgbouncer"),
    ],
)
def test_what_names_no_database_of_ours_is_refused(
    stage: Stage, doing: str, argument: str, text: str
) -> None:
    error = opened(stage).ask(f"{doing} {argument}").error
    assert (error.message, error.sqlstate) == (text.format(doing), "08P01")
