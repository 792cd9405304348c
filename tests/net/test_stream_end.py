"""Streams pause, break and close: net/stream.py's other half."""

import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from tests.net.fakes import FakeHandler, SpyPoller
from tests.net.streams import MANY, drain, fill, wait_for_reset

Pair = tuple[socket.socket, socket.socket]


# Pausing


def test_a_paused_stream_is_told_nothing_until_it_resumes(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    stream.pause()
    stream.pause()
    paused = [stream.paused]
    pair[1].send(b"x")
    reactor.select(0)
    assert handler.calls == []
    stream.resume()
    paused.append(stream.paused)
    assert paused == [True, False]
    reactor.select(0)
    assert handler.calls == ["readable"]


def test_a_paused_stream_does_not_wake_the_poller_when_reset(
    reactor: Reactor, poller: SpyPoller, tcp_pair: Pair
) -> None:
    ours, theirs = tcp_pair
    handler = FakeHandler()
    stream = Stream(reactor, ours, handler)
    stream.pause()
    theirs.close()
    wait_for_reset(ours)
    reactor.select(0)
    reactor.select(0)
    assert poller.answers == [[], []]
    assert handler.calls == []
    stream.resume()
    reactor.select(0)
    assert handler.calls == ["readable"]


def test_a_stream_that_pauses_while_it_drains_is_not_read(
    reactor: Reactor, pair: Pair
) -> None:
    def pause_and_write() -> None:
        fill(stream)
        stream.pause()

    handler = FakeHandler(drained=pause_and_write)
    stream = Stream(reactor, pair[0], handler)
    fill(stream)
    pair[1].send(b"x")
    drain(pair[1])
    reactor.select(0)
    for _ in range(MANY):
        if "drained" in handler.calls:
            break
        drain(pair[1])
        reactor.select(0)
    assert handler.calls[-1] == "drained"


def test_a_paused_stream_with_a_backlog_learns_of_a_reset_by_sending(
    reactor: Reactor, tcp_pair: Pair
) -> None:
    ours, theirs = tcp_pair
    handler = FakeHandler()
    stream = Stream(reactor, ours, handler)
    fill(stream)
    stream.pause()
    theirs.close()
    wait_for_reset(ours)
    reactor.select(0)
    assert stream.broken
    assert not stream.paused
    reactor.select(0)
    assert "readable" in handler.calls


def test_a_hang_up_alone_does_not_read_a_paused_stream(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    fill(stream)
    stream.pause()
    # What the reactor does when a hang-up comes without "writable".
    stream.on_readable()
    assert handler.calls == []
    assert stream.backlog


def test_who_takes_over_a_paused_stream_is_told_nothing_until_it_resumes(
    reactor: Reactor, pair: Pair
) -> None:
    first, second = FakeHandler(), FakeHandler()
    stream = Stream(reactor, pair[0], first)
    fill(stream)
    stream.pause()
    stream.handler = second
    stream.on_readable()
    assert second.calls == []
    stream.resume()
    stream.on_readable()
    assert (first.calls, second.calls) == ([], ["readable"])


# Broken


@pytest.mark.parametrize("gathered", [False, True])
def test_after_a_failed_send_all_that_came_can_still_be_read(
    reactor: Reactor, pair: Pair, gathered: bool
) -> None:
    ours, theirs = pair
    got: list[bytes] = []

    def read() -> None:
        buffer = bytearray(4)
        size = stream.recv_into(buffer)
        got.append(bytes(buffer[:size]))
        if not size:
            stream.close()

    stream = Stream(reactor, ours, FakeHandler(read))
    stream.pause()
    theirs.send(b"FATAL")
    theirs.close()
    if gathered:
        stream.gather(b"query")
        reactor.select(0)
    else:
        stream.write(b"query")
    assert stream.broken
    assert stream.backlog == 0
    # It cannot be paused again: somebody must come to the end.
    stream.pause()
    for _ in range(3):
        reactor.select(0)
    assert stream.closed
    assert got == [b"FATA", b"L", b""]


def test_a_send_that_fails_with_a_backlog_drops_the_backlog(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    fill(stream)
    pair[1].close()
    reactor.select(0)
    assert stream.broken
    assert stream.backlog == 0
    assert "drained" not in handler.calls


def test_nothing_is_written_or_kept_once_broken(reactor: Reactor, pair: Pair) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    pair[1].close()
    stream.write(b"x")
    assert stream.broken
    stream.write(bytes(100))
    stream.gather(bytes(100))
    assert stream.backlog == 0


# The end


def test_closing_gives_the_socket_back_once(
    reactor: Reactor, poller: SpyPoller, pair: Pair
) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    assert stream.socket is pair[0]
    closed = [stream.closed]
    stream.close()
    stream.close()
    closed.append(stream.closed)
    assert closed == [False, True]
    assert stream.fd == pair[0].fileno() == -1
    assert pair[1].recv(1) == b""
    stream.write(b"x")
    stream.gather(b"x")
    stream.pause()
    stream.resume()
    reactor.select(0)
    assert poller.answers == [[]]


def test_a_paused_stream_can_be_closed(reactor: Reactor, pair: Pair) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    stream.pause()
    stream.close()
    stream.resume()
    assert pair[1].recv(1) == b""


def test_what_was_gathered_is_sent_before_the_socket_closes(
    reactor: Reactor, pair: Pair
) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    stream.gather(b"FATAL")
    stream.close()
    assert pair[1].recv(100) == b"FATAL"
    assert pair[1].recv(100) == b""
    reactor.select(0)


def test_a_handler_that_raises_loses_its_stream_and_no_other(
    reactor: Reactor, new_pair: Callable[[], Pair]
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    error = ValueError("broken")

    def fail() -> None:
        raise error

    (bad_socket, bad_peer), (good_socket, good_peer) = new_pair(), new_pair()
    bad, good = FakeHandler(fail), FakeHandler()
    bad_stream = Stream(reactor, bad_socket, bad)
    good_stream = Stream(reactor, good_socket, good)
    bad_peer.send(b"x")
    good_peer.send(b"x")
    reactor.select(0)
    assert bad.faults == reported == [error]
    assert bad_stream.closed
    assert good.calls == ["readable"]
    assert not good_stream.closed


def test_a_handler_that_raises_when_drained_loses_its_stream(
    reactor: Reactor, pair: Pair
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    error = ValueError("broken")

    def fail() -> None:
        raise error

    stream = Stream(reactor, pair[0], FakeHandler(drained=fail))
    fill(stream)
    for _ in range(MANY):
        if stream.closed:
            break
        drain(pair[1])
        reactor.select(0)
    assert reported == [error]
