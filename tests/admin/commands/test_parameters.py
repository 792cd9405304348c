"""What drivers ask any server for."""

import pytest

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_encoding", "UTF-8"),
        ("default_transaction_isolation", "read committed"),
        ("standard_conforming_strings", "on"),
        ("datestyle", "ISO"),
        ("timezone", "GMT"),
    ],
)
def test_what_drivers_ask_for_is_shown_and_setting_it_ignored(
    stage: Stage, name: str, value: str
) -> None:
    dialogue = opened(stage, admin=False)
    answer = dialogue.ask(f"SHOW {name.upper()}")
    assert answer.columns == [(name, 25, -1)]
    assert answer.rows == [(value,)]
    answer = dialogue.ask(f"SET {name.upper()} TO 'anything'")
    assert answer.kinds == "NCZ"
    assert answer.notices[0].message == "SET ignored"
    assert answer.tags == ["SET"]
