"""SHOW PINS."""

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage
from tests.pooler.test_pin_views import pin


def test_nobody_is_pinned_at_first(stage: Stage) -> None:
    assert opened(stage).ask("SHOW PINS").rows == []


def test_a_row_says_who_holds_what_and_since_when(stage: Stage) -> None:
    client = pin(stage, stage.pool(), 7.0, "advisory lock", "temporary object")
    (row,) = opened(stage).ask("SHOW PINS").table
    assert client.server is not None
    assert row == {
        "database": "shop",
        "user": "ann",
        "client": str(client.identity.number),
        "addr": "192.0.2.7",
        "port": str(client.identity.visitor.port),
        "application_name": "",
        "remote_pid": str(client.server.pid),
        "holds": "advisory lock, temporary object",
        "fingerprint": "LOCK ?",
        "age": "7",
    }


def test_who_may_be_pinned_in_a_moment_is_in_a_transaction(stage: Stage) -> None:
    pin(stage, stage.pool(), 0.0)
    (row,) = opened(stage).ask("SHOW PINS").table
    assert row["holds"] == "in a transaction"
