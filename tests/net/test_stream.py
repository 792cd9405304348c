"""Streams never block, and lose nothing that they can send."""

import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import DIRECT_SIZE, GATHERED_SIZE, Stream
from tests.net.fakes import FakeHandler, SpyPoller
from tests.net.streams import MANY, deliver, drain, fill, wait_for_reset

Pair = tuple[socket.socket, socket.socket]


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


# A hold


def test_while_it_is_held_nothing_is_read_whatever_the_handler_asks_for(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    stream.hold()
    stream.pause()
    stream.resume()
    pair[1].send(b"hello")
    reactor.select(0)
    assert handler.calls == []
    assert stream.paused
    stream.release()
    reactor.select(0)
    assert handler.calls == ["readable"]
    assert not stream.paused


def test_a_handler_that_wants_to_read_nothing_does_not_after_a_hold_either(
    reactor: Reactor, pair: Pair
) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    stream.hold()
    stream.pause()
    stream.release()
    pair[1].send(b"hello")
    reactor.select(0)
    assert handler.calls == []
    stream.resume()
    reactor.select(0)
    assert handler.calls == ["readable"]


def test_what_is_written_to_a_held_stream_leaves(reactor: Reactor, pair: Pair) -> None:
    handler = FakeHandler()
    stream = Stream(reactor, pair[0], handler)
    stream.hold()
    written = fill(stream)
    assert deliver(reactor, stream, pair[1]) == written
    assert handler.calls == ["drained"]
