"""asyncio is whole on this loop, and its work never waits for a data socket."""

import asyncio
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from pgpool_py.net.loop import ReactorLoop, new_loop
from pgpool_py.net.poller import READ, Poller, SelectorPoller
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from tests.fixtures.loops import LoopGuard
from tests.net.fakes import FakeChannel, FakeHandler, SpyPoller

Pair = tuple[socket.socket, socket.socket]

# Seconds after which a test has failed; none takes a noticeable part of it.
LIMIT = 5.0


@pytest.fixture
def loop_factory(new_poller: Callable[[], Poller]) -> Callable[[], ReactorLoop]:
    return lambda: ReactorLoop(Reactor(new_poller()))


class Load:
    """A channel that is always ready, for as long as a test may take."""

    def __init__(self, reactor: Reactor, pair: Pair) -> None:
        self._ours, theirs = pair
        self._end = time.monotonic() + LIMIT
        self.turns = 0
        self.over = False
        self.on_turn: Callable[[int], None] = lambda _: None
        theirs.send(b"never read while the test lasts")
        reactor.watch(
            self._ours.fileno(), FakeChannel(self.turn, failing=self._stop), READ
        )

    def turn(self) -> None:
        self.turns += 1
        self.on_turn(self.turns)
        if time.monotonic() > self._end:
            self._stop()

    def _stop(self) -> None:
        self.over = True
        self._ours.recv(100)


# Work from inline callbacks


def test_call_soon_from_a_callback_is_run_at_once(
    loop: ReactorLoop, pair: Pair
) -> None:
    async def main() -> float:
        done = asyncio.Event()

        def read() -> None:
            ours.recv(1)
            loop.call_soon(done.set)

        ours, theirs = pair
        loop.reactor.watch(ours.fileno(), FakeChannel(read), READ)
        began = loop.time()
        theirs.send(b"x")
        await asyncio.wait_for(done.wait(), LIMIT)
        return loop.time() - began

    assert loop.run_until_complete(main()) < LIMIT / 2


def test_a_timer_set_by_a_callback_is_kept(loop: ReactorLoop, pair: Pair) -> None:
    async def main() -> float:
        done = asyncio.Event()

        def read() -> None:
            ours.recv(1)
            loop.call_later(0.001, done.set)

        ours, theirs = pair
        loop.reactor.watch(ours.fileno(), FakeChannel(read), READ)
        began = loop.time()
        theirs.send(b"x")
        await asyncio.wait_for(done.wait(), LIMIT)
        return loop.time() - began

    assert loop.run_until_complete(main()) < LIMIT / 2


def test_a_future_resolved_by_a_callback_wakes_its_task(
    loop: ReactorLoop, pair: Pair
) -> None:
    async def main() -> bytes:
        ours, theirs = pair
        received: asyncio.Future[bytes] = loop.create_future()

        def read() -> None:
            received.set_result(ours.recv(8))

        loop.reactor.watch(ours.fileno(), FakeChannel(read), READ)
        theirs.send(b"x")
        began = loop.time()
        found = await asyncio.wait_for(received, LIMIT)
        assert loop.time() - began < LIMIT / 2
        return found

    assert loop.run_until_complete(main()) == b"x"


def test_stop_from_a_callback_stops_the_loop(loop: ReactorLoop, pair: Pair) -> None:
    ours, theirs = pair

    def read() -> None:
        ours.recv(1)
        loop.stop()

    loop.reactor.watch(ours.fileno(), FakeChannel(read), READ)
    theirs.send(b"x")
    late = loop.call_later(LIMIT, loop.stop)
    loop.run_forever()
    assert loop.time() < late.when() - LIMIT / 2
    late.cancel()


def test_bytes_gathered_by_a_task_leave_before_the_loop_waits(
    loop: ReactorLoop, poller: SpyPoller, pair: Pair
) -> None:
    async def main() -> None:
        ours, theirs = pair
        answered = asyncio.Event()

        def echo() -> None:
            theirs.send(theirs.recv(8))

        def read() -> None:
            ours.recv(8)
            answered.set()

        stream = Stream(loop.reactor, ours, FakeHandler(read))
        loop.reactor.watch(theirs.fileno(), FakeChannel(echo), READ)
        began = loop.time()
        stream.gather(b"query")
        await asyncio.wait_for(answered.wait(), LIMIT)
        assert loop.time() - began < LIMIT / 2

    loop.run_until_complete(main())


def test_an_exception_reaches_the_loops_handler_and_the_loop_goes_on(
    loop: ReactorLoop, new_pair: Callable[[], Pair], loop_guard: LoopGuard
) -> None:
    async def main() -> bool:
        (bad, bad_peer), (good, good_peer) = new_pair(), new_pair()
        failed, done = asyncio.Event(), asyncio.Event()

        def fail() -> None:
            failed.set()
            raise ValueError("broken")

        broken = Stream(loop.reactor, bad, FakeHandler(fail))

        def read() -> None:
            good.recv(1)
            done.set()

        Stream(loop.reactor, good, FakeHandler(read))
        bad_peer.send(b"x")
        await asyncio.wait_for(failed.wait(), LIMIT)
        good_peer.send(b"x")
        await asyncio.wait_for(done.wait(), LIMIT)
        return broken.closed

    assert loop.run_until_complete(main())
    [context] = loop_guard.take()
    assert str(context["exception"]) == "broken"
    assert context["message"] == "a data socket's callback failed"


# Under load


def test_timers_run_though_a_stream_is_always_ready(
    loop: ReactorLoop, pair: Pair
) -> None:
    load = Load(loop.reactor, pair)
    loop.run_until_complete(asyncio.wait_for(_timers(), LIMIT))
    assert not load.over
    assert load.turns


async def _timers() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(3):
        fired = asyncio.Event()
        loop.call_later(0.001, fired.set)
        await fired.wait()


def test_signals_are_handled_though_a_stream_is_always_ready(
    loop: ReactorLoop, pair: Pair
) -> None:
    load = Load(loop.reactor, pair)

    def turn(turns: int) -> None:
        if turns == 3:
            os.kill(os.getpid(), signal.SIGUSR1)

    load.on_turn = turn

    async def main() -> None:
        handled = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, handled.set)
        await handled.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

    loop.run_until_complete(main())
    assert not load.over


def test_other_threads_are_heard_though_a_stream_is_always_ready(
    loop: ReactorLoop, pair: Pair
) -> None:
    load = Load(loop.reactor, pair)

    async def main() -> int:
        return await loop.run_in_executor(None, threading.get_ident)

    assert loop.run_until_complete(main()) != threading.get_ident()
    assert not load.over


def test_a_stream_is_served_though_a_task_is_always_ready(
    loop: ReactorLoop, pair: Pair
) -> None:
    async def main() -> int:
        handler = FakeHandler()
        Stream(loop.reactor, pair[0], handler)
        pair[1].send(b"x")
        turns = 0
        while not handler.calls:
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert loop.run_until_complete(main()) <= 2


# asyncio as ever


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
