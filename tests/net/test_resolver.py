"""Names are looked up once, off the loop, and remembered no longer than allowed."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from pgpool_py.net import resolver as resolver_module
from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import FAILURE_TTL, Answer, KnownName, Resolver
from tests.fixtures.loops import LoopGuard

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


# At once


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%eth0"])
def test_an_ip_address_is_answered_at_once(
    loop: NameLoop, resolver: Resolver, host: str
) -> None:
    answers: list[Answer] = []
    resolver.resolve(host, 5432, answers.append)
    assert answers == [[(host, 5432)]]
    assert loop.asked == []


@pytest.mark.parametrize("directory", ["/run/postgresql", "@postgresql"])
def test_a_socket_directory_is_answered_at_once(
    loop: NameLoop, resolver: Resolver, directory: str
) -> None:
    answers: list[Answer] = []
    resolver.resolve(directory, 5432, answers.append)
    assert answers == [[f"{directory}/.s.PGSQL.5432"]]
    assert loop.asked == []


# Names


def test_a_name_is_answered_later_with_all_addresses_in_order(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["db"] = [row("::2"), row("10.0.0.1"), row("::2"), row("fe80::1", 3)]
    answers: list[Answer] = []
    resolver.resolve("db", 5432, answers.append)
    assert answers == []
    assert resolver.pending == 1
    loop.settle()
    assert answers == [[("::2", 5432), ("10.0.0.1", 5432), ("fe80::1%3", 5432)]]
    assert resolver.pending == 0


def test_the_systems_resolver_is_asked_off_the_loop() -> None:
    async def main() -> Answer:
        loop = asyncio.get_running_loop()
        resolver = Resolver(loop)
        answer: asyncio.Future[Answer] = loop.create_future()
        resolver.resolve("localhost", 5432, answer.set_result)
        assert not answer.done()
        found = await asyncio.wait_for(answer, 60)
        resolver.close()
        return found

    found = asyncio.run(main())
    assert isinstance(found, list)
    assert ("127.0.0.1", 5432) in found


def test_those_who_ask_for_one_name_share_the_look_up(
    loop: NameLoop, resolver: Resolver
) -> None:
    answers: list[Answer] = []
    loop.gate.clear()
    resolver.resolve("db", 5432, answers.append)
    loop.settle()
    resolver.resolve("db", 5433, answers.append)
    loop.gate.set()
    loop.settle()
    assert loop.asked == ["db"]
    assert answers == [
        [("10.0.0.1", 5432), ("10.0.0.2", 5432)],
        [("10.0.0.1", 5433), ("10.0.0.2", 5433)],
    ]


def test_a_remembered_name_is_answered_at_once_for_any_port(
    loop: NameLoop, resolver: Resolver
) -> None:
    ask(loop, resolver, "db")
    answers: list[Answer] = []
    resolver.resolve("db", 6000, answers.append)
    assert answers == [[("10.0.0.1", 6000), ("10.0.0.2", 6000)]]
    assert loop.asked == ["db"]


def test_a_remembered_answer_is_not_the_callers_to_change(
    loop: NameLoop, resolver: Resolver
) -> None:
    first = ask(loop, resolver, "db")
    assert isinstance(first, list)
    first.clear()
    assert ask(loop, resolver, "db") == [("10.0.0.1", 5432), ("10.0.0.2", 5432)]


def test_a_name_is_forgotten_after_its_time(loop: NameLoop, resolver: Resolver) -> None:
    ask(loop, resolver, "db")
    loop.skipped += 14
    ask(loop, resolver, "db")
    assert loop.asked == ["db"]
    loop.skipped += 2
    loop.names["db"] = [row("10.0.0.3")]
    assert ask(loop, resolver, "db") == [("10.0.0.3", 5432)]
    assert loop.asked == ["db", "db"]


def test_without_a_time_nothing_is_remembered(
    loop: NameLoop, resolver: Resolver
) -> None:
    resolver.max_ttl = 0
    ask(loop, resolver, "db")
    ask(loop, resolver, "db")
    assert loop.asked == ["db", "db"]
    assert resolver.known() == []


def test_more_names_than_the_limit_push_the_oldest_out(
    loop: NameLoop, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver_module, "MOST_NAMES", 2)
    for name in ("a", "b", "a", "c"):
        loop.names[name] = [row("10.0.0.9")]
        ask(loop, resolver, name)
    assert [known.name for known in resolver.known()] == ["b", "c"]


def test_what_is_remembered_can_be_shown(loop: NameLoop, resolver: Resolver) -> None:
    loop.names["gone"] = socket.gaierror(socket.EAI_NONAME, "Name not known")
    ask(loop, resolver, "db")
    ask(loop, resolver, "gone")
    known, failed = resolver.known()
    assert known == KnownName("db", ("10.0.0.1", "10.0.0.2"), known.ttl)
    assert 14 < known.ttl <= 15
    assert failed == KnownName("gone", (), failed.ttl)
    loop.skipped += 5
    assert [found.name for found in resolver.known()] == ["db"]


# Failures


def test_an_unknown_name_is_an_error_that_names_it(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["gone"] = socket.gaierror(socket.EAI_NONAME, "Name not known")
    answer = ask(loop, resolver, "gone")
    assert isinstance(answer, socket.gaierror)
    assert answer.errno == socket.EAI_NONAME
    assert "Name not known: 'gone'" in str(answer)


def test_a_failure_is_remembered_for_a_second_at_most(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["db"] = socket.gaierror(socket.EAI_AGAIN, "Try again")
    ask(loop, resolver, "db")
    ask(loop, resolver, "db")
    assert loop.asked == ["db"]
    loop.skipped += FAILURE_TTL
    loop.names["db"] = [row("10.0.0.1")]
    assert ask(loop, resolver, "db") == [("10.0.0.1", 5432)]


def test_a_text_that_can_be_no_name_is_an_error() -> None:
    async def main() -> Answer:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        real = Resolver(loop)
        real.resolve("x" * 64 + ".example", 5432, answer.set_result)
        return await asyncio.wait_for(answer, 5)

    answer = asyncio.run(main())
    assert isinstance(answer, OSError)
    assert "not a host name" in str(answer)
    assert answer.filename == "x" * 64 + ".example"


def test_a_look_up_that_hangs_is_given_up(loop: NameLoop, resolver: Resolver) -> None:
    answers: list[Answer] = []
    loop.gate.clear()
    resolver.resolve("db", 5432, answers.append)
    loop.settle()
    loop.skipped += 60
    loop.settle()
    [answer] = answers
    assert isinstance(answer, TimeoutError)
    assert str(answer) == f"[Errno {errno.ETIMEDOUT}] no answer from DNS in 12 s: 'db'"


def test_one_who_fails_on_the_answer_does_not_keep_it_from_others(
    loop: NameLoop, resolver: Resolver, loop_guard: LoopGuard
) -> None:
    def fail(_: Answer) -> None:
        raise ValueError("broken")

    answers: list[Answer] = []
    resolver.resolve("db", 5432, fail)
    resolver.resolve("db", 5432, answers.append)
    loop.settle()
    assert len(answers) == 1
    [context] = loop_guard.take()
    assert str(context["exception"]) == "broken"


# The end


def test_after_closing_nobody_is_called_and_names_are_refused(
    loop: NameLoop, resolver: Resolver
) -> None:
    answers: list[Answer] = []
    resolver.resolve("db", 5432, answers.append)
    loop.settle()
    loop.names["slow"] = [row("10.0.0.9")]
    loop.gate.clear()
    resolver.resolve("slow", 5432, answers.append)
    loop.settle()
    resolver.close()
    loop.settle()
    assert asyncio.all_tasks(loop) == set()
    loop.gate.set()
    loop.settle()
    assert len(answers) == 1
    assert resolver.pending == 0
    resolver.resolve("other", 5432, answers.append)
    error = answers[-1]
    assert isinstance(error, OSError)
    assert error.errno == errno.ECANCELED


def test_an_answer_on_its_way_is_not_delivered_after_closing(
    loop: NameLoop, resolver: Resolver
) -> None:
    answers: list[Answer] = []

    def close(_: Answer) -> None:
        resolver.close()

    collect: Callable[[Answer], None] = answers.append
    resolver.resolve("db", 5432, close)
    resolver.resolve("db", 5432, collect)
    loop.settle()
    assert answers == []
