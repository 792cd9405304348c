"""SHOW STATE."""

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_a_pooler_is_active_until_all_of_it_is_paused(stage: Stage) -> None:
    dialogue = opened(stage)
    active = [("active", "yes"), ("paused", "no"), ("suspended", "no")]
    assert dialogue.ask("SHOW STATE").rows == active
    stage.pooler.pause("shop")
    assert dialogue.ask("SHOW STATE").rows == active
    stage.pooler.pause()
    assert dialogue.ask("SHOW STATE").rows == [
        ("active", "no"),
        ("paused", "yes"),
        ("suspended", "no"),
    ]
