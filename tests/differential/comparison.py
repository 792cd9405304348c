"""Whether a client of the pooler was told what PostgreSQL would have told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from .streams import Transcript
from .tolerance import is_same_at, unheard


class Mismatch(Exception):  # noqa: N818 - no error: what is looked for
    """A reply is not the expected one; the transcripts tell which."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different.

    Attributes:
        what: one sentence.
        client: whose replies differ; None if it is not the replies.
        reply: the number of the first that differs, None if it is none of them.
        expected: by PostgreSQL, for each client.
        found: through the pooler, for each client.
        log: of the pooler, if it tells of a defect.
    """

    what: str
    client: int | None
    reply: int | None
    expected: Mapping[int, Transcript]
    found: Mapping[int, Transcript]
    log: str = ""

    @property
    def kind(self) -> tuple[str, ...]:
        """What is the same while a conversation is made smaller."""
        if self.client is None or self.reply is None:
            return ()
        sides = (self.expected[self.client], self.found.get(self.client, Transcript()))
        return tuple(_kind(side, self.reply) for side in sides)


def _kind(transcript: Transcript, number: int) -> str:
    if number >= len(transcript.messages):
        return ""
    message = transcript.messages[number]
    return message.kind + (message.error.sqlstate if message.kind == "E" else "")


def difference_at(expected: Transcript, found: Transcript) -> bool:
    """Tell whether the last message of `found` differs from the expected one."""
    number = len(found.messages) - 1
    if number >= len(expected.messages):
        return expected.complete
    return not is_same_at(number, expected.messages, found.messages)


def compare(
    expected: Mapping[int, Transcript], found: Mapping[int, Transcript]
) -> Difference | None:
    """Return the first difference between two sets of transcripts."""
    for client, wanted in expected.items():
        got = found.get(client, Transcript())
        number = _first_difference(wanted, got)
        if number is not None:
            what = f"reply {number} to client {client} is not PostgreSQL's"
            return Difference(what, client, number, expected, found)
    for client, wanted in expected.items():
        got = found.get(client, Transcript())
        what = _shortfall(wanted, got) or _misheard(wanted, got)
        if what:
            what = f"client {client} {what}"
            return Difference(what, client, len(got.messages), expected, found)
    return None


def _first_difference(wanted: Transcript, got: Transcript) -> int | None:
    for number in range(len(got.messages)):
        if number >= len(wanted.messages):
            return number if wanted.complete else None
        if not is_same_at(number, wanted.messages, got.messages):
            return number
    return None


def _shortfall(wanted: Transcript, got: Transcript) -> str:
    if got.ended:
        return "lost its connection"
    if len(got.messages) < wanted.certain:
        return f"waits for reply {len(got.messages)}"
    if got.login and got.login != wanted.login:
        pairs = zip_longest(wanted.login, got.login)
        first = next(pair for pair in pairs if pair[0] != pair[1])
        return f"was greeted differently: {first[0]} became {first[1]}"
    return ""


def _misheard(wanted: Transcript, got: Transcript) -> str:
    strange = unheard(wanted.notifications, got.notifications)
    if strange is not None and not wanted.hears_more:
        return f"was notified of {strange!r}, behind {got.notifications!r}"
    missing = len(wanted.notifications) - len(got.notifications)
    if missing and wanted.hears_all:
        return f"was not notified of {missing} of {wanted.notifications!r}"
    return ""


def compare_contents(expected: Sequence[str], found: Sequence[str]) -> str:
    """Return what is different in the tables, nothing if they are the same."""
    for client, (wanted, got) in enumerate(zip(expected, found, strict=True)):
        if wanted != got:
            return (
                f"the table of client {client} holds {got!r} where PostgreSQL "
                f"alone had left {wanted!r}"
            )
    return ""
