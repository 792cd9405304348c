"""asyncio is whole on this loop."""

import asyncio
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable

import pytest

from pgpool_py.net.loop import ReactorLoop, new_loop
from pgpool_py.net.poller import READ, Poller, SelectorPoller
from pgpool_py.net.reactor import Reactor
from tests.net.fakes import FakeChannel, SpyPoller

Pair = tuple[socket.socket, socket.socket]

# Seconds after which a test has failed; none takes a noticeable part of it.
LIMIT = 5.0


@pytest.fixture
def loop_factory(new_poller: Callable[[], Poller]) -> Callable[[], ReactorLoop]:
    return lambda: ReactorLoop(Reactor(new_poller()))


def test_subprocesses_run(loop_factory: Callable[[], ReactorLoop]) -> None:
    async def main() -> tuple[bytes, int | None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "print(input()[::-1], end='')",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(b"abc\n"), 60)
        return output, process.returncode

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(main()) == (b"cba", 0)


def test_executors_run(loop_factory: Callable[[], ReactorLoop]) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(None, abs, -number) for number in range(4)]
        return await asyncio.wait_for(asyncio.gather(*calls), LIMIT)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(main()) == [0, 1, 2, 3]


def test_another_thread_wakes_the_loop(loop_factory: Callable[[], ReactorLoop]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(heard.set))
        thread.start()
        await asyncio.wait_for(heard.wait(), LIMIT)
        thread.join()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def test_asyncios_own_streams_work(loop_factory: Callable[[], ReactorLoop]) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()
        await writer.wait_closed()

    async def main() -> int:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            # More than the kernel takes at once, so that writing is waited for.
            writer.write(b"x" * 3_000_000)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        assert answer == b"X" * 3_000_000
        return len(answer)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(asyncio.wait_for(main(), 60)) == 3_000_000


def test_readers_may_be_given_as_sockets(loop: ReactorLoop, pair: Pair) -> None:
    ours, theirs = pair

    async def main() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        loop.add_reader(ours, first.set)
        loop.add_reader(ours, second.set)
        theirs.send(b"x")
        await asyncio.wait_for(second.wait(), LIMIT)
        assert not first.is_set()
        assert loop.remove_reader(ours)
        assert not loop.remove_reader(ours)

    loop.run_until_complete(main())


def test_a_callback_may_replace_a_reader_that_is_ready(
    loop: ReactorLoop, new_pair: Callable[[], Pair]
) -> None:
    (ours, theirs), (data, data_peer) = new_pair(), new_pair()

    async def main() -> None:
        replaced, done = asyncio.Event(), asyncio.Event()

        def replace() -> None:
            data.recv(1)
            loop.add_reader(ours.fileno(), done.set)
            replaced.set()

        loop.add_reader(ours.fileno(), lambda: None)
        loop.reactor.watch(data.fileno(), FakeChannel(replace), READ)
        # Both in one turn; the reader's event is fetched first.
        theirs.send(b"x")
        data_peer.send(b"x")
        await asyncio.wait_for(replaced.wait(), LIMIT)
        await asyncio.wait_for(done.wait(), LIMIT)
        loop.remove_reader(ours.fileno())

    loop.run_until_complete(main())


def test_an_interrupt_cancels_the_main_task(
    loop_factory: Callable[[], ReactorLoop], pair: Pair
) -> None:
    ended: list[str] = []

    async def main() -> None:
        def read() -> None:
            pair[0].recv(1)
            signal.raise_signal(signal.SIGINT)

        loop = asyncio.get_running_loop()
        assert isinstance(loop, ReactorLoop)
        loop.reactor.watch(pair[0].fileno(), FakeChannel(read), READ)
        pair[1].send(b"x")
        try:
            await asyncio.wait_for(asyncio.Event().wait(), LIMIT)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with (
        asyncio.Runner(loop_factory=loop_factory) as runner,
        pytest.raises(KeyboardInterrupt),
    ):
        runner.run(main())
    assert ended == ["cancelled"]


def test_a_new_loop_has_a_reactor_of_its_own() -> None:
    first, second = new_loop(), new_loop()
    assert first.reactor is not second.reactor
    first.close()
    second.close()


def test_a_loop_closes_its_poller() -> None:
    poller = SpyPoller(SelectorPoller(selectors.DefaultSelector()))
    loop = ReactorLoop(Reactor(poller))
    fd = poller.fileno()
    loop.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
