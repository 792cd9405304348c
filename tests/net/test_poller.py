"""Both pollers tell the same, and none forgets a descriptor."""

import os
import selectors
import socket
from collections.abc import Callable, Iterator

import pytest

from pgpool_py.net.poller import (
    READ,
    WRITE,
    Poller,
    SelectorPoller,
    best_poller,
    has_hung_up,
)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def real(new_poller: Callable[[], Poller]) -> Iterator[Poller]:
    poller = new_poller()
    yield poller
    poller.close()


def test_what_is_readable_is_reported_until_it_is_read(
    real: Poller, pair: Pair
) -> None:
    ours, theirs = pair
    real.add(ours.fileno(), READ)
    assert real.poll(0, 8) == []
    theirs.send(b"x")
    assert real.poll(0, 8) == [(ours.fileno(), READ)]
    assert real.poll(0, 8) == [(ours.fileno(), READ)]
    ours.recv(1)
    assert real.poll(0, 8) == []


def test_only_what_was_asked_for_is_reported(real: Poller, pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    real.add(ours.fileno(), WRITE)
    assert real.poll(0, 8) == [(ours.fileno(), WRITE)]
    real.change(ours.fileno(), READ)
    assert real.poll(0, 8) == [(ours.fileno(), READ)]
    real.change(ours.fileno(), READ | WRITE)
    assert real.poll(0, 8) == [(ours.fileno(), READ | WRITE)]


def test_the_end_of_a_connection_can_be_read(real: Poller, pair: Pair) -> None:
    ours, theirs = pair
    real.add(ours.fileno(), READ)
    theirs.close()
    [(fd, flags)] = real.poll(0, 8)
    assert fd == ours.fileno()
    assert flags & READ


def test_what_was_removed_is_not_reported_even_when_reset(
    real: Poller, pair: Pair
) -> None:
    ours, theirs = pair
    real.add(ours.fileno(), READ)
    real.remove(ours.fileno())
    theirs.close()
    assert real.poll(0, 8) == []


def test_with_more_ready_than_asked_for_all_have_their_turn(
    real: Poller, pair: Pair
) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    copies = [os.dup(ours.fileno()) for _ in range(10)]
    for fd in copies:
        real.add(fd, READ)
    seen: set[int] = set()
    for _ in range(4):
        events = real.poll(0, 3)
        assert len(events) == 3
        seen.update(fd for fd, _ in events)
    for fd in copies:
        real.remove(fd)
        os.close(fd)
    assert seen == set(copies)


def test_closing_gives_the_descriptor_back() -> None:
    poller = best_poller()
    fd = poller.fileno()
    os.fstat(fd)
    poller.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_a_selector_without_descriptor_says_so() -> None:
    poller = SelectorPoller(selectors.PollSelector())
    assert poller.fileno() == -1
    poller.close()


def test_without_a_selector_the_best_of_the_library_is_taken(pair: Pair) -> None:
    ours, _ = pair
    poller = SelectorPoller()
    poller.add(ours.fileno(), WRITE)
    assert poller.poll(0, 8) == [(ours.fileno(), WRITE)]
    poller.close()


# Descriptors that nobody watches


def test_the_other_sides_end_is_seen_behind_what_is_unread(pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"unread")
    assert not has_hung_up(ours.fileno())
    theirs.close()
    assert has_hung_up(ours.fileno())


def test_an_end_in_one_direction_is_seen_too(pair: Pair) -> None:
    ours, theirs = pair
    theirs.shutdown(socket.SHUT_WR)
    assert has_hung_up(ours.fileno())
