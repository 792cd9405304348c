"""SHOW USERS."""

from dataclasses import replace

from pgpool_py.settings import PoolMode, UserSettings
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_sizes_are_right_aligned_text_or_empty(stage: Stage) -> None:
    ann = UserSettings(pool_size=12, reserve_pool_size=3, pool_mode=PoolMode.SESSION)
    stage.pooler.context.settings = replace(
        stage.settings, users={"ann": ann}, max_user_connections=5
    )
    stage.server(stage.pool("shop", "bob"))
    assert opened(stage).ask("SHOW USERS").rows == [
        ("ann", "       12", "        3", "session", "5", "0", "0", "0"),
        ("bob", "", "", None, "5", "1", "0", "0"),
        ("pgbouncer", "", "", None, "5", "0", "0", "0"),
        # Who asks.
        ("root", "", "", None, "5", "0", "0", "1"),
    ]


def test_a_user_called_as_the_console_is_one_row(stage: Stage) -> None:
    stage.pooler.context.secrets["pgbouncer"] = "secret"
    answer = opened(stage).ask("SHOW USERS")
    assert [row["name"] for row in answer.table] == ["pgbouncer", "root"]
