"""What clients were told of their rows, to be held against what is in the table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What a client may rely on."""

    UNDONE = "was never committed, or reported as failed"
    UNKNOWN = "was lost from sight"
    DONE = "was acknowledged"


@dataclass(slots=True)
class Claim:
    """Rows of one transaction: all of them are there, or none is.

    Attributes:
        ids: of the rows, each used once.
        story: who did what.
        outcome: UNDONE until the client sends what commits.
    """

    ids: tuple[int, ...]
    story: str
    outcome: Outcome = Outcome.UNDONE


def contradictions(claims: Iterable[Claim], found: Mapping[int, int]) -> list[str]:
    """Return a sentence for each claim that the table belies.

    Args:
        claims: all that was ever claimed.
        found: how often each id is in the table.
    """
    sentences = []
    strangers = set(found)
    for claim in claims:
        strangers.difference_update(claim.ids)
        counts = [found.get(number, 0) for number in claim.ids]
        wrong = _wrong(claim.outcome, counts)
        if wrong:
            sentences.append(
                f"{claim.story}: {wrong}; it {claim.outcome.value}; "
                f"rows {dict(zip(claim.ids, counts, strict=True))}"
            )
    sentences += [f"row {number} belongs to nobody" for number in sorted(strangers)]
    return sentences


def _wrong(outcome: Outcome, counts: list[int]) -> str | None:
    if max(counts) > 1:
        return "executed twice"
    if len(set(counts)) > 1:
        return "only partly there"
    if outcome is Outcome.DONE and not counts[0]:
        return "not there"
    if outcome is Outcome.UNDONE and counts[0]:
        return "there"
    return None
