"""Streams never block, lose nothing they can send, and read to the end."""

import os
import select
import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import DIRECT_SIZE, GATHERED_SIZE, Stream
from tests.net.fakes import FakeHandler, SpyPoller

Pair = tuple[socket.socket, socket.socket]

# More than any of these tests needs; a loop that comes here has failed.
MANY = 20_000


def drain(sock: socket.socket) -> bytes:
    """Read what is there."""
    found = bytearray()
    try:
        while piece := sock.recv(1 << 20):
            found += piece
    except BlockingIOError:
        pass
    return bytes(found)


def fill(stream: Stream) -> bytes:
    """Write until the kernel takes no more; return all that was written."""
    written = bytearray()
    for _ in range(MANY):
        piece = os.urandom(1000)
        stream.write(piece)
        written += piece
        if stream.backlog:
            return bytes(written)
    raise AssertionError("the kernel took everything")


def deliver(reactor: Reactor, stream: Stream, peer: socket.socket) -> bytes:
    """Read on the other side until the backlog is gone."""
    found = bytearray()
    for _ in range(MANY):
        found += drain(peer)
        if not stream.backlog:
            return bytes(found)
        reactor.select(0)
    raise AssertionError("the backlog does not go")


def wait_for_reset(sock: socket.socket) -> None:
    waiter = select.poll()
    waiter.register(sock, 0)
    assert waiter.poll(5000), "the reset did not come in 5 s"


# Writing


def test_bytes_written_leave_at_once(reactor: Reactor, pair: Pair) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    stream.write(b"hello")
    assert drain(pair[1]) == b"hello"
    assert stream.backlog == 0


def test_what_the_kernel_does_not_take_is_kept_and_sent_later(
    reactor: Reactor, poller: SpyPoller, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    written = fill(stream)
    backlog = stream.backlog
    stream.write(b"more")
    stream.gather(memoryview(b"and more"))
    assert stream.backlog == backlog + 12
    reactor.select(0)
    assert handler.calls == []
    assert deliver(reactor, stream, pair[1]) == written + b"moreand more"
    assert handler.calls == ["drained"]
    # Once drained it is no longer watched for writing.
    reactor.select(0)
    assert poller.answers[-1] == []
    assert handler.calls == ["drained"]


def test_a_full_kernel_keeps_all_of_a_piece(reactor: Reactor, pair: Pair) -> None:
    first = Stream(reactor, pair[0], FakeHandler())
    filled = fill(first)
    kept = first.backlog
    # The same socket again, as if new: nothing of its first piece is taken.
    first.pause()
    second_socket = pair[0].dup()
    second = Stream(reactor, second_socket, FakeHandler())
    second.write(b"later")
    assert second.backlog == 5
    second.close()
    assert drain(pair[1]) == filled[: len(filled) - kept]


def test_gathered_bytes_leave_as_one_send_before_the_poll(
    reactor: Reactor, poller: SpyPoller, packets: Pair
) -> None:
    ours, theirs = packets
    stream = Stream(reactor, ours, FakeHandler())
    sent: list[bytes] = []
    poller.on_poll = lambda: sent.append(theirs.recv(100))
    stream.gather(b"one ")
    stream.gather(bytearray(b"two "))
    stream.write(b"three")
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    reactor.select(0)
    assert sent == [b"one two three"]


def test_bytes_gathered_by_callbacks_leave_as_one_send_in_the_same_turn(
    reactor: Reactor, packets: Pair, new_pair: Callable[[], Pair]
) -> None:
    ours, theirs = packets
    server = Stream(reactor, ours, FakeHandler())
    for _ in range(3):
        client, client_peer = new_pair()
        client_peer.send(b"x")
        Stream(reactor, client, FakeHandler(lambda: server.gather(b"query ")))
    reactor.select(0)
    assert theirs.recv(100) == b"query query query "


def test_a_large_piece_is_not_copied_to_gather_it(
    reactor: Reactor, packets: Pair
) -> None:
    ours, theirs = packets
    stream = Stream(reactor, ours, FakeHandler())
    stream.gather(bytes(DIRECT_SIZE))
    assert len(theirs.recv(1 << 20)) == DIRECT_SIZE


def test_too_much_to_gather_leaves_before_the_turn_ends(
    reactor: Reactor, packets: Pair
) -> None:
    ours, theirs = packets
    stream = Stream(reactor, ours, FakeHandler())
    piece = bytes(DIRECT_SIZE - 1)
    sizes = [0]
    while sizes[-1] < GATHERED_SIZE:
        stream.gather(piece)
        sizes.append(sizes[-1] + len(piece))
    assert len(theirs.recv(1 << 20)) == sizes[-1]
    stream.gather(b"rest")
    reactor.select(0)
    assert theirs.recv(100) == b"rest"


def test_a_flush_that_the_kernel_takes_in_part_leaves_a_backlog(
    reactor: Reactor, pair: Pair
) -> None:
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    written = b""
    for _ in range(MANY):
        if stream.backlog:
            break
        stream.gather(bytes(DIRECT_SIZE - 1))
        written += bytes(DIRECT_SIZE - 1)
        assert stream.backlog == 0, "gathered bytes are no backlog"
        reactor.select(0)
    assert deliver(reactor, stream, pair[1]) == written
    assert handler.calls == ["drained"]


def test_a_flush_that_the_kernel_refuses_leaves_all_as_backlog(
    reactor: Reactor, pair: Pair
) -> None:
    filler = Stream(reactor, pair[0].dup(), FakeHandler())
    fill(filler)
    filler.close()
    stream = Stream(reactor, pair[0], FakeHandler())
    stream.gather(b"later")
    reactor.select(0)
    assert stream.backlog == 5
    assert deliver(reactor, stream, pair[1]).endswith(b"later")


# Reading


def test_bytes_come_in_the_handlers_own_buffer(reactor: Reactor, pair: Pair) -> None:
    buffer = bytearray(8)
    got: list[bytes] = []

    def read() -> None:
        got.append(bytes(buffer[: stream.recv_into(buffer)]))

    stream = Stream(reactor, pair[0], FakeHandler(read))
    pair[1].send(b"hello")
    reactor.select(0)
    assert got == [b"hello"]


def test_what_the_handler_leaves_is_reported_again(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    Stream(reactor, pair[0], handler)
    pair[1].send(b"hello")
    reactor.select(0)
    reactor.select(0)
    assert handler.calls == ["readable", "readable"]


def test_the_end_is_read_as_no_bytes(reactor: Reactor, pair: Pair) -> None:
    sizes: list[int] = []
    stream = Stream(
        reactor,
        pair[0],
        FakeHandler(lambda: sizes.append(stream.recv_into(bytearray(8)))),
    )
    pair[1].send(b"hello")
    pair[1].close()
    reactor.select(0)
    reactor.select(0)
    assert sizes == [5, 0]


def test_a_half_closed_peer_can_still_be_written_to(
    reactor: Reactor, pair: Pair
) -> None:
    stream = Stream(reactor, pair[0], FakeHandler())
    pair[1].shutdown(socket.SHUT_WR)
    reactor.select(0)
    stream.write(b"answer")
    assert drain(pair[1]) == b"answer"
    assert not stream.broken


def test_a_reset_is_raised_to_the_reader(reactor: Reactor, tcp_pair: Pair) -> None:
    ours, theirs = tcp_pair
    errors: list[OSError] = []

    def read() -> None:
        try:
            stream.recv_into(bytearray(8))
        except OSError as error:
            errors.append(error)
            stream.close()

    stream = Stream(reactor, ours, FakeHandler(read))
    theirs.close()
    wait_for_reset(ours)
    reactor.select(0)
    assert [type(error) for error in errors] == [ConnectionResetError]


def test_the_handler_may_be_replaced(reactor: Reactor, pair: Pair) -> None:
    login, session = FakeHandler(), FakeHandler()
    stream = Stream(reactor, pair[0], login)
    stream.handler = session
    pair[1].send(b"x")
    reactor.select(0)
    assert (login.calls, session.calls) == ([], ["readable"])


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
