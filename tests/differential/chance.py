"""Where a generator's choices come from: a seed, or Hypothesis, which shrinks them."""

import random
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

T = TypeVar("T")


class Chance(Protocol):
    """Makes choices; the simplest comes first, for it is what is shrunk to."""

    def number(self, least: int, most: int) -> int:
        """Return an integer, both ends included."""

    def times(self, least: int, most: int) -> Iterator[int]:
        """Count, at least and at most so far."""

    def happens(self, percent: int) -> bool:
        """Say whether something happens that does so often."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""


class Seeded:
    """Choices by a generator of random numbers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def times(self, least: int, most: int) -> Iterator[int]:
        return iter(range(self._random.randint(least, most)))

    def happens(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]


class Drawn:
    """Choices by Hypothesis."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def times(self, least: int, most: int) -> Iterator[int]:
        """Ask before each, so that a single one can be taken out of the middle."""
        for count in range(most):
            if count >= least and not self.happens(80):
                return
            yield count

    def happens(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]
