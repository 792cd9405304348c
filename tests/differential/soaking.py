"""Playing one conversation after the other for a long time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from .comparison import Difference
from .conversation import Conversation
from .features import SUPPORTED, Feature
from .generator import Size, seeded
from .minimising import minimised
from .outstanding import IllegalConversationError
from .report import report
from .rig import Rig

#: How often a conversation is played before it is taken to show no difference.
TRIES = 3
#: Seconds between two words on how far it has got.
PROGRESS = 30.0
#: Of so many conversations PostgreSQL itself may break one off: then there is nothing
#: to compare with. If it does so more often, they are not what they should be.
BETWEEN_BROKEN = 200


@dataclass(frozen=True, slots=True)
class Soak:
    """What is played.

    Attributes:
        seed: of the first conversation; the next ones have the next numbers.
        size: of the conversations.
        features: what they may contain.
    """

    seed: int
    size: Size
    features: Feature = SUPPORTED

    def conversation(self, number: int) -> Conversation:
        """Return the conversation of this number, from 0."""
        return seeded(self.seed + number, self.size, self.features)


def soak(rig: Rig, what: Soak, seconds: float, say: Callable[[str], None]) -> bool:
    """Play for so long, one conversation at least; return whether all was the same.

    The first difference ends it. It is told by `say` as it was found, and as small as
    it can be made. A conversation that PostgreSQL breaks off is told of, too.
    """
    begin = said = time.monotonic()
    number = broken = 0
    while not number or time.monotonic() - begin < seconds:
        conversation = what.conversation(number)
        try:
            difference = rig.judge(conversation)
        except IllegalConversationError as error:
            broken += 1
            if broken > 1 + number // BETWEEN_BROKEN:
                raise
            say(f"seed {what.seed + number}: PostgreSQL breaks off: {error}")
            difference = None
        if difference is not None:
            say(_told(rig, difference, conversation, what.seed + number))
            return False
        number += 1
        if time.monotonic() - said > PROGRESS:
            said = time.monotonic()
            say(_so_far(rig, what, number, said - begin))
    say(f"no difference: {_so_far(rig, what, number, time.monotonic() - begin)}")
    return True


def _so_far(rig: Rig, what: Soak, number: int, seconds: float) -> str:
    return (
        f"{number} conversations, seeds {what.seed} to {what.seed + number - 1}, "
        f"{rig.replies} replies in {seconds:.0f} s ({number / seconds:.1f} each "
        f"second), {rig.stalls} stalls"
    )


def _told(
    rig: Rig, difference: Difference, conversation: Conversation, seed: int
) -> str:
    """Return the report on the smallest conversation that shows a difference."""
    origin = f"seed {seed}"
    found = [(difference, conversation)]

    def fails(candidate: Conversation) -> bool:
        for _ in range(TRIES):
            try:
                again = rig.judge(candidate)
            except IllegalConversationError:
                return False
            if again is not None and again.kind == difference.kind:
                found.append((again, candidate))
                return True
        return False

    minimised(conversation, fails)
    if len(found) == 1:
        return (
            f"{report(difference, conversation, origin)}\n\n"
            f"Played {TRIES} times more, it shows nothing: that depends on what came "
            "before, or on the time that things take."
        )
    smaller = report(*found[-1], f"{origin}, made smaller")
    return f"{report(difference, conversation, origin)}\n\n{smaller}"
