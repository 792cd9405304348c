"""Threads for questions that may hang: few, one for each question, nobody's burden."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest

from pgpool_py.net import lookups as lookups_module
from pgpool_py.net.lookups import Lookups
from pgpool_py.net.loop import new_loop

# More than anything here needs, unless it hangs.
PATIENCE = 30


class Riddles:
    """Questions whose answer the test holds back."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.told = threading.Event()

    def about(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.asked.append(name)
            self.told.wait(PATIENCE)
            return name.upper()

        return work


@pytest.fixture
def riddles() -> Iterator[Riddles]:
    riddles = Riddles()
    yield riddles
    riddles.told.set()


def run(main: Callable[[Lookups[str]], Awaitable[None]]) -> None:
    async def begin() -> None:
        await asyncio.wait_for(main(Lookups(asyncio.get_running_loop())), PATIENCE)

    asyncio.run(begin())


def test_an_answer_comes_back_and_so_does_an_exception() -> None:
    def fail() -> str:
        raise ValueError("no")

    async def main(lookups: Lookups[str]) -> None:
        assert await lookups.ask("a", lambda: "b") == "b"
        with pytest.raises(ValueError, match="no"):
            await lookups.ask("a", fail)
        assert await lookups.ask("a", lambda: "c") == "c"

    run(main)


def test_a_question_that_hangs_is_not_put_again(riddles: Riddles) -> None:
    async def main(lookups: Lookups[str]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await lookups.ask("a", riddles.about("a"))
        again = asyncio.ensure_future(lookups.ask("a", riddles.about("a")))
        other = await lookups.ask("b", lambda: "not held up")
        assert other == "not held up"
        riddles.told.set()
        assert await again == "A"
        assert riddles.asked == ["a"]

    run(main)


def test_there_are_no_more_threads_than_allowed(
    riddles: Riddles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups_module, "MOST_THREADS", 2)

    async def main(lookups: Lookups[str]) -> None:
        asked = [
            asyncio.ensure_future(lookups.ask(name, riddles.about(name)))
            for name in "xyz"
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        names = {thread.name for thread in threading.enumerate()}
        assert names & {f"lookup {name}" for name in "xyz"} == {"lookup x", "lookup y"}
        riddles.told.set()
        assert await asyncio.gather(*asked) == ["X", "Y", "Z"]
        assert sorted(riddles.asked) == ["x", "y", "z"]

    run(main)


def test_an_error_that_nobody_waits_for_is_no_event(riddles: Riddles) -> None:
    def fail() -> str:
        riddles.told.wait(PATIENCE)
        raise ValueError("late")

    async def main(lookups: Lookups[str]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await lookups.ask("a", fail)
        riddles.told.set()
        # Whichever comes first, the end of the one or the other's beginning.
        assert await lookups.ask("b", lambda: "b") == "b"

    run(main)


def test_the_loop_asks_for_names_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    real = socket.getaddrinfo

    def spy(*args: str | int) -> object:
        threads.append(threading.current_thread().name)
        return real("127.0.0.1", 80, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        loop = runner.get_loop()
        rows = runner.run(loop.getaddrinfo("db.example", 80))
    assert rows[0][4] == ("127.0.0.1", 80)
    assert [name.split()[0] for name in threads] == ["lookup"]


_HANGING = """
import asyncio, socket, threading
from pgpool_py.net.loop import new_loop
from pgpool_py.net.resolver import Resolver

asked = threading.Event()

def hang(*args):
    asked.set()
    threading.Event().wait()

socket.getaddrinfo = hang

async def main():
    resolver = Resolver(asyncio.get_running_loop())
    resolver.resolve("db.example", 5432, print)
    while not asked.is_set():
        await asyncio.sleep(0)
    resolver.close()

with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(main())
print("over")
"""


def test_a_process_ends_while_a_name_is_still_being_looked_up() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HANGING],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("over\n", "")
