"""Names are looked up once, off the loop, and remembered no longer than allowed."""

import asyncio
import errno
import socket
from collections.abc import Callable

import pytest

from pgpool_py.net import resolver as resolver_module
from pgpool_py.net.resolver import PASSING_TTL, Answer, KnownName, Resolver
from tests.fixtures.loops import LoopGuard
from tests.net.names import NameLoop, ask, loop, resolver, row

__all__ = ["loop", "resolver"]

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
        [("10.0.0.2", 5433), ("10.0.0.1", 5433)],
    ]


def test_a_remembered_name_is_answered_at_once_for_any_port(
    loop: NameLoop, resolver: Resolver
) -> None:
    ask(loop, resolver, "db")
    answers: list[Answer] = []
    resolver.resolve("db", 6000, answers.append)
    assert answers == [[("10.0.0.2", 6000), ("10.0.0.1", 6000)]]
    assert loop.asked == ["db"]


def test_a_remembered_answer_is_not_the_callers_to_change(
    loop: NameLoop, resolver: Resolver
) -> None:
    first = ask(loop, resolver, "db")
    assert isinstance(first, list)
    first.clear()
    assert ask(loop, resolver, "db") == [("10.0.0.2", 5432), ("10.0.0.1", 5432)]


def test_the_addresses_in_front_take_turns_with_those_of_their_family(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["db"] = [row("::1"), row("::2"), row("10.0.0.1"), row("10.0.0.2")]
    found = [ask(loop, resolver, "db", 1) for _ in range(3)]
    rest = [("10.0.0.1", 1), ("10.0.0.2", 1)]
    assert found == [
        [("::1", 1), ("::2", 1), *rest],
        [("::2", 1), ("::1", 1), *rest],
        [("::1", 1), ("::2", 1), *rest],
    ]


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
    loop.skipped += 16
    assert resolver.known() == []


# Failures


def test_an_unknown_name_is_an_error_that_names_it(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["gone"] = socket.gaierror(socket.EAI_NONAME, "Name not known")
    answer = ask(loop, resolver, "gone")
    assert isinstance(answer, socket.gaierror)
    assert answer.errno == socket.EAI_NONAME
    assert "Name not known: 'gone'" in str(answer)


def test_a_name_that_does_not_exist_is_remembered_for_a_time_of_its_own(
    loop: NameLoop, resolver: Resolver
) -> None:
    resolver.failure_ttl = 5
    loop.names["gone"] = socket.gaierror(socket.EAI_NONAME, "Name not known")
    ask(loop, resolver, "gone")
    loop.skipped += 4
    ask(loop, resolver, "gone")
    assert loop.asked == ["gone"]
    loop.skipped += 2
    ask(loop, resolver, "gone")
    assert loop.asked == ["gone", "gone"]


def test_a_passing_failure_is_remembered_for_a_second_at_most(
    loop: NameLoop, resolver: Resolver
) -> None:
    loop.names["db"] = socket.gaierror(socket.EAI_AGAIN, "Try again")
    ask(loop, resolver, "db")
    ask(loop, resolver, "db")
    assert loop.asked == ["db"]
    loop.skipped += PASSING_TTL
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
