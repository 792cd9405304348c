"""The reactor by hand, pools in front of a scripted PostgreSQL, and a bare pooler."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from tests.fixtures.hand import (
    Clock,
    HandLoop,
    NewWire,
    clock,
    idle_loop,
    loop,
    new_wire,
    reactor,
)
from tests.pooler.group import group, peer
from tests.pooler.house import House, new_house
from tests.pooler.postgres import Bench, new_bench
from tests.pooler.sharing import share
from tests.pooler.staging import Stage, staged

__all__ = [
    "bench",
    "build",
    "clock",
    "group",
    "house",
    "idle_loop",
    "loop",
    "new_wire",
    "peer",
    "reactor",
    "set_up",
    "share",
    "stage",
]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a pooler with one database, ``shop``, on 127.0.0.1."""
    with staged() as stage:
        yield stage


@pytest.fixture
def set_up(
    reactor: Reactor,
    clock: Clock,
    idle_loop: asyncio.AbstractEventLoop,
    tmp_path: Path,
) -> Iterator[Callable[..., Bench]]:
    """Return a maker of one bench, which takes settings by name."""
    with ExitStack() as stack:

        def make(**given: Any) -> Bench:
            resolver = Resolver(idle_loop)
            made = new_bench(reactor, clock, resolver, tmp_path, **given)
            return stack.enter_context(made)

        yield make


@pytest.fixture
def build(
    loop: HandLoop, tmp_path: Path, new_wire: NewWire
) -> Iterator[Callable[..., House]]:
    """Return a maker of one whole pooler, which takes settings by name."""
    with ExitStack() as stack:

        def make(**given: Any) -> House:
            return stack.enter_context(new_house(loop, tmp_path, new_wire, **given))

        yield make


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    return build()


@pytest.fixture
def bench(set_up: Callable[..., Bench]) -> Bench:
    return set_up()
