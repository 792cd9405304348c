"""Conversations are made so that they can be compared, and every kind is among them."""

import pytest

from pgwire.copying import CopyFail
from pgwire.frontend import FunctionCall, Parse, Query

from .conversation import Conversation, Ending
from .features import STATE, SUPPORTED, Feature
from .generator import Size, seeded
from .session import ENDLESS, EXECUTED, LOOK

SIZE = Size(clients=6, servers=2, successors=2)
MANY = [seeded(seed, SIZE) for seed in range(150)]
STATEFUL = [seeded(seed, SIZE, SUPPORTED | STATE) for seed in range(150)]


def test_a_seed_makes_the_same_conversation_again() -> None:
    assert seeded(3, SIZE) == MANY[3]
    assert MANY[3] != MANY[4]


@pytest.mark.parametrize("conversation", MANY[:20], ids=range(20))
def test_no_more_clients_are_there_than_asked_for(conversation: Conversation) -> None:
    last = {turn.client: number for number, turn in enumerate(conversation.turns)}
    present: set[int] = set()
    for number, turn in enumerate(conversation.turns):
        present.add(turn.client)
        assert len(present) <= SIZE.clients
        present -= {client for client in present if last[client] == number}


def test_an_ending_is_a_clients_last_turn() -> None:
    for conversation in MANY:
        left: set[int] = set()
        for turn in conversation.turns:
            assert turn.client not in left
            if turn.ending:
                left.add(turn.client)


def test_cuts_and_tails_are_within_what_is_sent() -> None:
    for turn in (turn for conversation in MANY for turn in conversation.turns):
        end = len(turn.data) - turn.tail
        assert all(0 < cut < end for cut in turn.cuts)
        assert not turn.tail or turn.tail < len(turn.messages[-1].encode())


def test_everything_occurs() -> None:
    turns = [turn for conversation in MANY for turn in conversation.turns]
    messages = [message for turn in turns for message in turn.messages]
    assert {turn.ending for turn in turns} == {None, *Ending}
    assert any(turn.tail for turn in turns)
    assert any(turn.cuts for turn in turns)
    assert not all(turn.awaited for turn in turns)
    assert {Query, Parse, FunctionCall, CopyFail} <= {type(m) for m in messages}


def test_everything_that_is_kept_of_a_session_is_changed() -> None:
    turns = [turn for conversation in STATEFUL for turn in conversation.turns]
    messages = [message for turn in turns for message in turn.messages]
    sent = b"\n".join(m.sql for m in messages if isinstance(m, Query | Parse))
    for word in (
        b"SET LOCAL work_mem",
        b"set_config('search_path'",
        b"SET rig.word",
        b"RESET ALL",
        b"DISCARD ALL",
        b"SET ROLE",
        b"SET SESSION AUTHORIZATION",
        b"ROLLBACK TO s",
        b"UNLISTEN",
        b"NOTIFY",
        b"EXECUTE q",
        b"DEALLOCATE q",
        b"ON COMMIT DROP",
        b"pg_advisory_unlock(",
        b"WITH HOLD",
        LOOK.encode(),
    ):
        assert word in sent, word


def test_most_clients_hear_all_that_is_said_to_them() -> None:
    listening = ending = 0
    for conversation in STATEFUL:
        for client in conversation.clients:
            turns = [turn for turn in conversation.turns if turn.client == client]
            data = b"".join(turn.data for turn in turns)
            listening += b"LISTEN" in data
            ending += b"UNLISTEN" in data
    assert 0 < 2 * ending < listening


def test_what_is_executed_may_name_a_statement_but_not_itself() -> None:
    texts = [
        message.sql.decode()
        for conversation in STATEFUL
        for turn in conversation.turns
        for message in turn.messages
        if isinstance(message, Parse) and message.statement in EXECUTED
    ]
    for word in ("PREPARE q", "EXECUTE q", "DEALLOCATE a"):
        assert any(word in text for text in texts), word
    assert not any(map(ENDLESS.search, texts))


def test_what_is_switched_off_does_not_occur() -> None:
    features = SUPPORTED & ~(Feature.COPY_IN | Feature.FUNCTION_CALL | Feature.ENDINGS)
    for seed in range(50):
        for turn in seeded(seed, SIZE, features).turns:
            assert turn.ending is None
            for message in turn.messages:
                assert not isinstance(message, FunctionCall | CopyFail)
