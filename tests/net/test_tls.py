"""An encrypted stream is used like a plain one."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.tls import TlsStream
from tests.fixtures.certificates import Authority
from tests.net.conftest import Pair
from tests.net.encrypted import received, secure, turn_until
from tests.net.fakes import FakeHandler

MEGABYTE = bytes(range(256)) * 4096


class Ends:
    """A stream that is read into a buffer of a given size, and its other side."""

    def __init__(self, reactor: Reactor, pair: Pair, authority: Authority) -> None:
        self.handler = FakeHandler(readable=self.read)
        self.room = bytearray(1 << 16)
        self.found = bytearray()
        self.ended = False
        self.stream, self.peer = secure(reactor, pair, authority, self.handler)

    def read(self) -> None:
        """Read once, as handlers do."""
        try:
            size = self.stream.recv_into(self.room)
        except BlockingIOError:
            return
        except ConnectionResetError:
            # The other side has closed with bytes unread: session tickets.
            size = 0
        self.found += self.room[:size]
        self.ended = not size


@pytest.fixture
def ends(reactor: Reactor, pair: Pair, authority: Authority) -> Iterator[Ends]:
    ends = Ends(reactor, pair, authority)
    yield ends
    ends.stream.close()
    ends.peer.close()


def test_what_is_written_arrives(reactor: Reactor, ends: Ends) -> None:
    ends.stream.write(b"one ")
    ends.stream.gather(b"two")
    assert received(ends.peer, 7, reactor) == b"one two"


def test_what_comes_is_read(reactor: Reactor, ends: Ends) -> None:
    ends.peer.send(b"hello")
    turn_until(reactor, lambda: ends.found == b"hello")


def test_nothing_to_read_says_so_as_a_plain_stream_does(ends: Ends) -> None:
    with pytest.raises(BlockingIOError):
        ends.stream.recv_into(ends.room)


def test_what_openssl_still_has_is_read_on_before_the_next_poll(
    reactor: Reactor, ends: Ends
) -> None:
    ends.room = bytearray(10)
    ends.peer.send(b"0123456789" * 5)
    turn_until(reactor, lambda: bool(ends.found))
    # One event of the kernel's, and nothing more: the record is in OpenSSL's hands.
    for _ in range(5):
        reactor.select(0)
    assert ends.found == b"0123456789" * 5


def test_what_openssl_has_waits_while_reading_is_paused(
    reactor: Reactor, ends: Ends
) -> None:
    ends.room = bytearray(10)

    def read_and_pause() -> None:
        ends.read()
        ends.stream.pause()

    ends.handler.readable = read_and_pause
    ends.peer.send(b"0123456789" * 2)
    turn_until(reactor, lambda: bool(ends.found))
    reactor.select(0)
    assert ends.found == b"0123456789"
    ends.stream.resume()
    reactor.select(0)
    assert ends.found == b"0123456789" * 2


def test_a_full_kernel_loses_nothing(reactor: Reactor, ends: Ends) -> None:
    for _ in range(8):
        ends.stream.write(MEGABYTE)
    assert ends.stream.backlog
    ends.stream.gather(b"end")
    assert received(ends.peer, 8 * len(MEGABYTE) + 3, reactor) == MEGABYTE * 8 + b"end"
    assert ends.handler.calls == ["drained"]


def test_an_orderly_end_is_one(reactor: Reactor, ends: Ends) -> None:
    with pytest.raises(ssl.SSLWantReadError):
        ends.peer.unwrap()
    turn_until(reactor, lambda: ends.ended)


def test_an_end_without_a_word_is_one_too(reactor: Reactor, ends: Ends) -> None:
    ends.peer.close()
    turn_until(reactor, lambda: ends.ended)


def test_closing_says_so(ends: Ends) -> None:
    ends.stream.write(b"last")
    ends.stream.close()
    assert ends.peer.recv(100) == b"last"
    # close_notify, not a ragged end
    assert ends.peer.recv(100) == b""
    ends.stream.close()


def test_garbage_is_an_error_as_a_reset_is(
    reactor: Reactor, pair: Pair, authority: Authority
) -> None:
    stream, peer = secure(reactor, pair, authority, FakeHandler())
    raw = peer.detach()

    with socket.socket(fileno=raw) as plain:
        plain.send(b"no record of TLS at all")
        with pytest.raises(OSError, match="WRONG_VERSION_NUMBER"):
            stream.recv_into(bytearray(100))
    stream.close()


def test_it_says_how_it_is_encrypted(ends: Ends) -> None:
    assert ends.stream.encryption.startswith("TLSv1.3/TLS_")
    assert isinstance(ends.stream, TlsStream)
