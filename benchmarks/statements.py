"""What the clients of a load ask."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from . import wire

ACCOUNTS = 100_000
ROWS = b"T"


@dataclass(frozen=True, slots=True)
class Statement:
    """An exchange: its messages, the type of its first reply, and how it is counted.

    `slow`: it is one of those that others must not suffer from, and timed apart.
    """

    messages: bytes
    reply: bytes = ROWS
    slow: bool = False


#: Clients that are given the same share what is in it.
Statements = Iterator[Statement]


def lookups(count: int = 1000) -> list[Statement]:
    """Return `count` queries like those of pgbench's select-only script."""
    # The same accounts for every target.
    chosen = random.Random(1)
    return [
        Statement(
            wire.query(
                "SELECT abalance FROM pgbench_accounts "
                f"WHERE aid = {chosen.randint(1, ACCOUNTS)};"
            )
        )
        for _ in range(count)
    ]


def shared(statements: list[Statement], clients: int) -> list[Statements]:
    """Return what each client asks: all take from the same list, in turn."""
    return [cycle(statements)] * clients
