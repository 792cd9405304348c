"""When a server is old enough to be replaced."""

from typing import Final

# Servers that were opened together must not be closed together.
JITTER: Final = 0.1


def end_of_life(opened: float, lifetime: float, chance: float) -> float:
    """Give the time from which a server opened at ``opened`` is replaced.

    Args:
        opened: when it was opened, in seconds of any clock.
        lifetime: ``server_lifetime``; 0 means that a server is used once.
        chance: a random number from 0 to 1.
    """
    return opened + lifetime * (1.0 - JITTER * chance)
