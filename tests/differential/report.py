"""A difference, so that a person can see and repeat it."""

from collections.abc import Iterator

from .comparison import Difference
from .conversation import Conversation, Turn
from .streams import Transcript, describe, shorten

#: How many replies before and after the first difference are shown.
AROUND = 12
#: How many lines of the pooler's log are shown.
LOG_LINES = 40


def report(difference: Difference, conversation: Conversation, origin: str) -> str:
    """Return the conversation, both reply streams and the first difference.

    `origin` says what the conversation was made from.
    """
    lines = [
        f"DIFFERENCE: {difference.what}",
        f"made from {origin}; {conversation.servers} servers",
        "",
        *_turns(conversation),
    ]
    client = difference.client
    if client is not None:
        for name, side in (
            ("PostgreSQL", difference.expected),
            ("through the pooler", difference.found),
        ):
            transcript = side.get(client, Transcript())
            lines += ["", f"replies to client {client}, {name}:"]
            lines += _replies(transcript, difference.reply or 0)
    if difference.log:
        lines += ["", "the pooler's log, at its end:"]
        lines += difference.log.splitlines()[-LOG_LINES:]
    return "\n".join(lines)


def _turns(conversation: Conversation) -> Iterator[str]:
    for number, turn in enumerate(conversation.turns, 1):
        yield f"{number:3}. client {turn.client}{_manner(turn)}"
        for message in turn.messages:
            yield f"       {_shortened(repr(message))}"
        if turn.ending is not None:
            yield f"       {turn.ending.value}"


def _manner(turn: Turn) -> str:
    """Say how a turn is sent."""
    manner = [] if turn.awaited or turn.ending else ["not awaited"]
    if turn.cuts:
        manner.append(f"cut at {', '.join(map(str, turn.cuts))}")
    if turn.tail:
        manner.append(f"the last {turn.tail} bytes in its next turn")
    return f" ({'; '.join(manner)})" if manner else ""


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else shorten(text)


def _replies(transcript: Transcript, first: int) -> Iterator[str]:
    begin = max(0, first - AROUND)
    if begin:
        yield f"       … {begin} replies that are the same"
    for number, message in enumerate(transcript.messages[begin:], begin):
        if number > first + AROUND:
            yield f"       … {len(transcript.messages) - number} more"
            break
        mark = "->" if number == first else "  "
        yield f"   {mark} {number:3} {describe(message)}"
    if transcript.ended:
        yield "       the connection ended"
    elif first >= len(transcript.messages):
        yield f"   -> {first:3} nothing"
