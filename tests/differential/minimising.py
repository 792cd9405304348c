"""Making a conversation smaller as long as it still shows a difference."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from .conversation import Conversation, Turn

Fails = Callable[[Conversation], bool]

#: How many smaller conversations are tried.
TRIES = 400


def minimised(
    conversation: Conversation, fails: Fails, tries: int = TRIES
) -> Conversation:
    """Return a conversation that fails, and of which nothing can be left out.

    `fails` is asked at most so many times. It is asked for the conversation itself
    first; if that does not fail, it is returned as it is.
    """
    if not fails(conversation):
        return conversation
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(conversation):
            if not tries:
                return conversation
            tries -= 1
            if fails(candidate):
                conversation = candidate
                smaller = True
                break
    return conversation


def _smaller(conversation: Conversation) -> Iterator[Conversation]:
    """Give what is smaller, beginning with the greatest steps."""
    turns = conversation.turns
    candidates = [
        *_without_a_client(conversation),
        *_without_turns(turns),
        *_without_a_message(turns),
        *_simpler(turns),
    ]
    for candidate in candidates:
        if candidate:
            yield replace(conversation, turns=candidate)


def _without_a_client(conversation: Conversation) -> Iterator[tuple[Turn, ...]]:
    for client in conversation.clients:
        yield tuple(turn for turn in conversation.turns if turn.client != client)


def _without_turns(turns: tuple[Turn, ...]) -> Iterator[tuple[Turn, ...]]:
    length = len(turns) // 2
    while length:
        for start in range(0, len(turns) - length + 1, length):
            yield turns[:start] + turns[start + length :]
        length //= 2


def _without_a_message(turns: tuple[Turn, ...]) -> Iterator[tuple[Turn, ...]]:
    for number, turn in enumerate(turns):
        if len(turn.messages) > 1:
            for left_out in range(len(turn.messages)):
                messages = turn.messages[:left_out] + turn.messages[left_out + 1 :]
                yield _exchanged(
                    turns, number, replace(turn, messages=messages, cuts=())
                )


def _simpler(turns: tuple[Turn, ...]) -> Iterator[tuple[Turn, ...]]:
    for number, turn in enumerate(turns):
        for simpler in (
            replace(turn, cuts=()),
            replace(turn, tail=0),
            replace(turn, awaited=True),
        ):
            if simpler != turn:
                yield _exchanged(turns, number, simpler)


def _exchanged(turns: tuple[Turn, ...], number: int, turn: Turn) -> tuple[Turn, ...]:
    return (*turns[:number], turn, *turns[number + 1 :])
