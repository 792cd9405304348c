"""The proxy's thread: calls, alarms, and how it fails."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pgpool_py.testing.errors import ProxyClosedError
from pgpool_py.testing.selector_thread import SelectorThread
from tests.fixtures.waiting import PATIENCE


@pytest.fixture
def thread() -> Iterator[SelectorThread]:
    thread = SelectorThread("tested")
    yield thread
    thread.stop()


def test_a_call_runs_in_the_thread_and_returns(thread: SelectorThread) -> None:
    assert thread.call(lambda: threading.current_thread().name) == "tested"


def test_what_a_call_raises_is_the_callers(thread: SelectorThread) -> None:
    def fail() -> None:
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        thread.call(fail)
    assert thread.call(lambda: 1) == 1


def test_what_is_ready_is_served_before_a_call(thread: SelectorThread) -> None:
    here, there = socket.socketpair()
    with here, there:
        heard: list[bytes] = []
        thread.call(
            lambda: thread.watch(
                there, selectors.EVENT_READ, lambda _: heard.append(there.recv(10))
            )
        )
        for number in range(100):
            here.sendall(b"%d" % number)
            assert thread.call(lambda: heard[-1]) == b"%d" % number
        thread.call(lambda: thread.forget(there))


def test_alarms_ring_in_order_and_not_too_early(thread: SelectorThread) -> None:
    rung: list[tuple[float, float]] = []
    last = threading.Event()
    now = time.monotonic()

    def ring(when: float) -> None:
        rung.append((when, time.monotonic()))
        if len(rung) == 3:
            last.set()

    def set_alarms() -> None:
        for seconds in (0.02, 0.01, 0.03):
            thread.call_at(now + seconds, ring)

    thread.call(set_alarms)
    assert last.wait(PATIENCE)
    assert [when for when, _ in rung] == [now + 0.01, now + 0.02, now + 0.03]
    assert all(at >= when for when, at in rung)


def test_a_fault_of_its_own_is_told_to_everybody() -> None:
    thread = SelectorThread("tested")
    failed = threading.Event()

    def fail(when: float) -> None:
        failed.set()
        raise LookupError(when)

    thread.call(lambda: thread.call_at(0.0, fail))
    assert failed.wait(PATIENCE)
    with pytest.raises(ProxyClosedError, match="has failed") as told:
        thread.stop()
    assert isinstance(told.value.__cause__, LookupError)
    with pytest.raises(ProxyClosedError):
        thread.call(lambda: None)


def test_a_stopped_thread_may_be_stopped_again(thread: SelectorThread) -> None:
    thread.stop()
    with pytest.raises(ProxyClosedError, match="closed"):
        thread.call(lambda: None)
