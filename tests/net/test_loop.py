"""asyncio's work never waits for a data socket, however busy."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.poller import READ, EpollPoller
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from tests.fixtures.loops import LoopGuard
from tests.net.fakes import FakeChannel, FakeHandler, SpyPoller

Pair = tuple[socket.socket, socket.socket]

# Seconds after which a test has failed; none takes a noticeable part of it.
LIMIT = 5.0


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


def test_a_signal_that_comes_while_it_is_closed_is_not_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Signalling(EpollPoller):
        def close(self) -> None:
            signal.raise_signal(signal.SIGUSR1)
            super().close()

    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    before = signal.getsignal(signal.SIGUSR1)
    loop = ReactorLoop(Reactor(Signalling()))
    loop.add_signal_handler(signal.SIGUSR1, ignored.append, None)
    loop.close()
    signal.signal(signal.SIGUSR1, before)
    assert ignored == []


def test_a_signal_that_comes_when_it_is_closed_is_ignored() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    loop = ReactorLoop(Reactor())
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    loop.close()
    try:
        assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)


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
