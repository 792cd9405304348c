"""A storm of faults, drawn by chance from a seed."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from pgpool_py.testing import Direction, FaultProxy, Scope

#: A fault of a proxy, in force inside a `with` block, its details drawn by chance.
Gust = Callable[[FaultProxy, random.Random], AbstractContextManager[object]]

_DIRECTIONS = (Direction.TO_SERVER, Direction.TO_CLIENT, Direction.BOTH)

#: Seconds that a fault holds, and seconds of calm after it.
_HOLD = (0.01, 0.15)
_LULL = (0.0, 0.1)

#: How many faults there are at the same time.
_AT_ONCE = (1, 1, 2, 3)


def _one_of(proxy: FaultProxy, chance: random.Random) -> int:
    """Return the number of an open connection, 0 if there is none."""
    # One draw, however many there are: the rest of the storm depends on it.
    place = chance.random()
    numbers = proxy.connections()
    return numbers[int(place * len(numbers))] if numbers else 0


@contextmanager
def reset_one(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.reset(on=_one_of(proxy, chance))
    yield


@contextmanager
def reset_all(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.reset()
    yield


@contextmanager
def cut_one(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.cut(on=_one_of(proxy, chance))
    yield


@contextmanager
def cut_all(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.cut()
    yield


@contextmanager
def half_close_one(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.half_close(chance.choice(_DIRECTIONS[:2]), on=_one_of(proxy, chance))
    yield


@contextmanager
def half_close_all(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    proxy.half_close(chance.choice(_DIRECTIONS[:2]))
    yield


def reset_inside(
    proxy: FaultProxy, chance: random.Random
) -> AbstractContextManager[object]:
    return proxy.reset_after(chance.randrange(3000), chance.choice(_DIRECTIONS[:2]))


def cut_inside(
    proxy: FaultProxy, chance: random.Random
) -> AbstractContextManager[object]:
    return proxy.cut_after(chance.randrange(3000), chance.choice(_DIRECTIONS[:2]))


def freeze(proxy: FaultProxy, chance: random.Random) -> AbstractContextManager[object]:
    return proxy.frozen(chance.choice(_DIRECTIONS))


@contextmanager
def freeze_then_reset(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    with proxy.frozen(chance.choice(_DIRECTIONS)):
        yield
        proxy.reset()


@contextmanager
def lose_then_reset(proxy: FaultProxy, chance: random.Random) -> Iterator[None]:
    # Present ones only: none may go on with a gap in its bytes.
    with proxy.swallowing(chance.choice(_DIRECTIONS), on=Scope.PRESENT):
        yield
        proxy.reset()


def delay(proxy: FaultProxy, chance: random.Random) -> AbstractContextManager[object]:
    return proxy.delayed(chance.uniform(0.001, 0.02), chance.choice(_DIRECTIONS))


def trickle(proxy: FaultProxy, chance: random.Random) -> AbstractContextManager[object]:
    return proxy.trickling(0.0001, chance.choice(_DIRECTIONS))


def refuse(proxy: FaultProxy, chance: random.Random) -> AbstractContextManager[object]:
    return proxy.refusing()


GUSTS: tuple[Gust, ...] = (
    reset_one,
    reset_one,
    reset_all,
    cut_one,
    cut_one,
    cut_all,
    half_close_one,
    half_close_all,
    reset_inside,
    reset_inside,
    cut_inside,
    freeze,
    freeze_then_reset,
    lose_then_reset,
    delay,
    trickle,
    refuse,
)


class Storm:
    """Faults one after the other, sometimes some at once.

    Attributes:
        history: what happened when, a line for each gust.
    """

    def __init__(self, proxies: Mapping[str, FaultProxy], seed: int) -> None:
        self.history: list[str] = []
        self._proxies = proxies
        self._chance = random.Random(seed)

    def rage(self, seconds: float, is_fine: Callable[[], bool]) -> None:
        """Go on for so long, as long as all is fine; no fault is left at the end."""
        start = time.monotonic()
        while (at := time.monotonic() - start) < seconds and is_fine():
            with ExitStack() as gusts:
                for _ in range(self._chance.choice(_AT_ONCE)):
                    name = self._chance.choice(sorted(self._proxies))
                    gust = self._chance.choice(GUSTS)
                    self.history.append(f"{at:7.3f} s {name}: {gust.__name__}")
                    gusts.enter_context(gust(self._proxies[name], self._chance))
                time.sleep(self._chance.uniform(*_HOLD))
            time.sleep(self._chance.uniform(*_LULL))
