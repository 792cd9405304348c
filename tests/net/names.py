"""A loop whose names and clock the test decides, and a resolver on it."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Literal

import pytest

from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Answer, Resolver

Kind = socket.SocketKind
Row = (
    tuple[Literal[socket.AddressFamily.AF_INET], Kind, int, str, tuple[str, int]]
    | tuple[
        Literal[socket.AddressFamily.AF_INET6],
        Kind,
        int,
        str,
        # The second is what a Python built without IPv6 gives.
        tuple[str, int, int, int] | tuple[int, bytes],
    ]
)


def row(host: str, scope: int = 0) -> Row:
    """Return a line of getaddrinfo's answer."""
    if ":" in host:
        # address, port, flow information, scope
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, 0, 0, scope)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)


class NameLoop(ReactorLoop):
    """A loop whose names and clock the test decides."""

    def __init__(self) -> None:
        self.skipped = 0.0
        super().__init__(Reactor())
        self.asked: list[str] = []
        self.names: dict[str, list[Row] | Exception] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    def time(self) -> float:
        return super().time() + self.skipped

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the name that asyncio gave it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Row]:
        assert isinstance(host, str)
        assert type == socket.SOCK_STREAM
        self.asked.append(host)
        await self.gate.wait()
        found = self.names[host]
        if isinstance(found, Exception):
            raise found
        return found

    def settle(self) -> None:
        """Run what is ready, and what that makes ready, a few times over."""

        async def turns() -> None:
            for _ in range(10):
                await asyncio.sleep(0)

        self.run_until_complete(turns())


@pytest.fixture
def loop() -> Iterator[NameLoop]:
    loop = NameLoop()
    loop.names["db"] = [row("10.0.0.1"), row("10.0.0.2")]
    yield loop
    loop.close()


@pytest.fixture
def resolver(loop: NameLoop) -> Iterator[Resolver]:
    resolver = Resolver(loop, max_ttl=15)
    yield resolver
    resolver.close()
    loop.settle()


def ask(loop: NameLoop, resolver: Resolver, host: str, port: int = 5432) -> Answer:
    """Resolve, and run the loop until the answer is there."""
    answers: list[Answer] = []
    resolver.resolve(host, port, answers.append)
    loop.settle()
    [answer] = answers
    return answer
