"""A conversation is made smaller until nothing more can be left out."""

from pgwire.frontend import Flush, Query, Sync

from .conversation import Conversation, Turn
from .minimising import minimised

WHOLE = Conversation(
    tuple(
        Turn(client, (Flush(), Query(b"%d" % number), Sync()), (2,), 1, awaited=False)
        for number in range(6)
        for client in range(3)
    ),
    servers=2,
)


def test_only_what_it_takes_is_left() -> None:
    def fails(candidate: Conversation) -> bool:
        sent = [(t.client, m) for t in candidate.turns for m in t.messages]
        return {(1, Query(b"4")), (2, Query(b"5"))} <= set(sent)

    smallest = minimised(WHOLE, fails)
    assert smallest.turns == (Turn(1, (Query(b"4"),)), Turn(2, (Query(b"5"),)))
    assert smallest.servers == 2


def test_what_does_not_fail_again_is_left_as_it_is() -> None:
    assert minimised(WHOLE, lambda candidate: False) is WHOLE


def test_it_is_not_tried_for_ever() -> None:
    tried = []

    def fails(candidate: Conversation) -> bool:
        tried.append(candidate)
        return True

    minimised(WHOLE, fails, tries=5)
    assert len(tried) == 6
