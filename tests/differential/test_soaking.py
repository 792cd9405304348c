"""Soaks whose conversations PostgreSQL itself breaks off."""

from typing import cast

import pytest

from .conversation import Conversation
from .generator import Size
from .outstanding import IllegalConversationError
from .rig import Rig
from .soaking import Soak, soak

WHAT = Soak(seed=7, size=Size(clients=1, servers=1, successors=1, parts=1))


class Breaking:
    """A rig whose PostgreSQL breaks off so many conversations."""

    replies = stalls = 0

    def __init__(self, broken: int) -> None:
        self.broken = broken

    def judge(self, conversation: Conversation) -> None:
        """Find no difference, if there is something to compare with."""
        assert conversation.clients
        if self.broken:
            self.broken -= 1
            raise IllegalConversationError("unexpected state")


def test_one_is_told_of_and_passed_over() -> None:
    said: list[str] = []
    assert soak(cast(Rig, Breaking(1)), WHAT, 0.0, said.append)
    assert said[0] == "seed 7: PostgreSQL breaks off: unexpected state"
    assert said[1].startswith("no difference: 1 conversations")


def test_many_mean_that_the_conversations_are_wrong() -> None:
    said: list[str] = []
    with pytest.raises(IllegalConversationError):
        soak(cast(Rig, Breaking(2)), WHAT, 60.0, said.append)
    assert len(said) == 1
