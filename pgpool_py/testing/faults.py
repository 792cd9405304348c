"""What can be wrong with a connection, and for which connections it holds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, Flag


class Direction(Flag):
    """Where bytes go; the client is who connected to the proxy."""

    TO_SERVER = 1
    TO_CLIENT = 2
    BOTH = 3

    def members(self) -> Iterator["Direction"]:
        """Return the single directions in it."""
        return (d for d in (Direction.TO_SERVER, Direction.TO_CLIENT) if d & self)


class Scope(Enum):
    """Which connections are meant, seen from the moment of the call."""

    ALL = "those that are open and those to come"
    PRESENT = "those that are open"
    NEW = "those to come"


#: A scope, or the number of one connection.
On = Scope | int


class Ending(Enum):
    """How bytes stop coming."""

    FIN = "one side sends no more"
    CUT = "both sides are closed in an orderly way (FIN)"
    RESET = "both sides are reset (RST)"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with one direction of one connection, as long as it holds.

    Attributes:
        frozen: nothing is read and nothing is passed on.
        swallowing: what is read is thrown away.
        delay: seconds from reading to passing on.
        pause: seconds between two bytes, each of them passed on by itself; None
            passes on what there is.
    """

    frozen: bool = False
    swallowing: bool = False
    delay: float = 0.0
    pause: float | None = None

    def __or__(self, other: "Condition") -> "Condition":
        """Return both at once: delays add up, and the longer pause counts."""
        pauses = [p for p in (self.pause, other.pause) if p is not None]
        return Condition(
            self.frozen or other.frozen,
            self.swallowing or other.swallowing,
            self.delay + other.delay,
            max(pauses, default=None),
        )


@dataclass(frozen=True, slots=True)
class Break:
    """An end that comes when so many more bytes have been passed on."""

    after: int
    ending: Ending


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """A fault that is in force, and where; each is itself and equal to no other.

    Attributes:
        fault: what is wrong.
        direction: one or both.
        first: the number of the first connection for which it holds.
        last: the number of the last one.
    """

    fault: Condition | Break
    direction: Direction
    first: float = 0
    last: float = math.inf

    def holds_for(self, number: int) -> bool:
        """Say whether it holds for the connection of this number."""
        return self.first <= number <= self.last


def numbers(on: On, newest: int) -> tuple[float, float]:
    """Return the first and the last number that are meant.

    Args:
        on: a scope, or a number.
        newest: the number of the connection that was accepted last.
    """
    match on:
        case Scope.ALL:
            return 0, math.inf
        case Scope.PRESENT:
            return 0, newest
        case Scope.NEW:
            return newest + 1, math.inf
        case _:
            return on, on
