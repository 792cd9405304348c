"""Channels are served inside select(), and asyncio's descriptors as ever."""

import os
import selectors
import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.poller import READ, WRITE
from pgpool_py.net.reactor import MOST_EVENTS, Reactor
from tests.net.fakes import FakeChannel, SpyPoller

Pair = tuple[socket.socket, socket.socket]
NewPair = Callable[[], Pair]


def raising(error: Exception) -> Callable[[], None]:
    def callback() -> None:
        raise error

    return callback


# Faults


def test_a_callback_that_raises_ends_its_own_channel_alone(
    reactor: Reactor, new_pair: NewPair
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    error = ValueError("broken")
    bad, good = FakeChannel(raising(error)), FakeChannel()
    for channel in (bad, good):
        ours, theirs = new_pair()
        theirs.send(b"x")
        reactor.watch(ours.fileno(), channel, READ)
    assert reactor.select(0) == []
    assert good.calls == ["readable"]
    assert good.faults == []
    assert bad.faults == [error]
    assert reported == [error]


def test_a_flush_that_raises_ends_its_own_channel_alone(reactor: Reactor) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    error = ValueError("broken")
    bad, good = FakeChannel(flushing=raising(error)), FakeChannel()
    reactor.gather(bad)
    reactor.gather(good)
    reactor.select(0)
    assert good.calls == ["flush"]
    assert bad.faults == reported == [error]


def test_a_channel_that_cannot_even_end_is_reported_with_both_errors(
    reactor: Reactor, pair: Pair
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    first, second = ValueError("broken"), KeyError("more broken")
    channel = FakeChannel(readable=raising(first), failing=raising(second))
    pair[1].send(b"x")
    reactor.watch(pair[0].fileno(), channel, READ)
    reactor.select(0)
    assert reported == [second, first]


def test_without_a_loop_a_fault_is_raised(reactor: Reactor, pair: Pair) -> None:
    pair[1].send(b"x")
    channel = FakeChannel(readable=raising(ValueError("broken")))
    reactor.watch(pair[0].fileno(), channel, READ)
    with pytest.raises(ValueError, match="broken"):
        reactor.select(0)


# Stale events


def test_a_number_given_out_again_gets_no_event_of_this_turn(
    reactor: Reactor, new_pair: NewPair
) -> None:
    (one, one_peer), (two, two_peer), (new, new_peer) = (new_pair() for _ in range(3))
    reused = FakeChannel()
    numbers: list[int] = []

    def replace(other: socket.socket) -> Callable[[], None]:
        def callback() -> None:
            fd = other.fileno()
            reactor.unwatch(fd)
            other.close()
            numbers.append(os.dup2(new.fileno(), fd))
            reactor.watch(fd, reused, READ)

        return callback

    # Whichever is served first closes the other, whose event was already fetched.
    first, second = FakeChannel(replace(two)), FakeChannel(replace(one))
    reactor.watch(one.fileno(), first, READ)
    reactor.watch(two.fileno(), second, READ)
    one_peer.send(b"x")
    two_peer.send(b"x")
    reactor.select(0)
    assert sorted([first.calls, second.calls]) == [[], ["readable"]]
    assert reused.calls == []
    # From the next turn on it is served like any other.
    (one if one.fileno() >= 0 else two).recv(1)
    new_peer.send(b"x")
    reactor.select(0)
    assert reused.calls == ["readable"]
    reactor.unwatch(numbers[0])
    os.close(numbers[0])


def test_a_channel_closed_by_its_own_writing_is_not_read(
    reactor: Reactor, pair: Pair
) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    channel = FakeChannel(writable=lambda: reactor.unwatch(ours.fileno()))
    reactor.watch(ours.fileno(), channel, READ | WRITE)
    reactor.select(0)
    assert channel.calls == ["writable"]


def test_a_registration_that_a_callback_replaced_is_not_reported_as_it_was(
    reactor: Reactor, new_pair: NewPair
) -> None:
    (ours, theirs), (data, data_peer) = new_pair(), new_pair()
    reactor.register(ours.fileno(), selectors.EVENT_READ, "old")
    theirs.send(b"x")

    def replace() -> None:
        reactor.modify(ours.fileno(), selectors.EVENT_READ, "new")
        data.recv(1)

    reactor.watch(data.fileno(), FakeChannel(replace), READ)
    data_peer.send(b"x")
    found = reactor.select(0) + reactor.select(0)
    assert found
    assert {key.data for key, _ in found} == {"new"}


# Gathering


def test_what_a_task_gathered_is_flushed_before_the_poll(
    reactor: Reactor, poller: SpyPoller
) -> None:
    channel = FakeChannel()
    poller.on_poll = lambda: channel.calls.append("poll")
    reactor.gather(channel)
    reactor.select(0)
    assert channel.calls == ["flush", "poll"]


def test_what_a_callback_gathered_is_flushed_in_the_same_turn(
    reactor: Reactor, poller: SpyPoller, pair: Pair
) -> None:
    channel = FakeChannel(lambda: reactor.gather(channel))
    poller.on_poll = lambda: channel.calls.append("poll")
    pair[1].send(b"x")
    reactor.watch(pair[0].fileno(), channel, READ)
    reactor.select(0)
    assert channel.calls == ["poll", "readable", "flush"]


def test_a_flush_that_gathers_waits_neither_for_an_event_nor_for_ever(
    reactor: Reactor, poller: SpyPoller
) -> None:
    left = 3

    def again() -> None:
        nonlocal left
        left -= 1
        if left:
            reactor.gather(channel)
        else:
            reactor.stir()

    channel = FakeChannel(flushing=again)
    poller.on_poll = lambda: channel.calls.append("poll")
    reactor.gather(channel)
    reactor.select(5)
    assert channel.calls == ["flush", "poll", "flush", "poll", "flush"]
    assert poller.timeouts == [0, 0]


# Work for asyncio


def test_a_callback_that_makes_work_ends_the_wait(
    reactor: Reactor, poller: SpyPoller, pair: Pair
) -> None:
    ours, theirs = pair

    def work() -> None:
        ours.recv(1)
        reactor.stir()

    reactor.watch(ours.fileno(), FakeChannel(work), READ)
    theirs.send(b"x")
    assert reactor.select(5) == []
    assert len(poller.timeouts) == 1


def test_a_flush_that_makes_work_ends_the_wait(
    reactor: Reactor, poller: SpyPoller
) -> None:
    reactor.gather(FakeChannel(flushing=reactor.stir))
    assert reactor.select(5) == []
    assert poller.timeouts == [0]


def test_work_known_before_does_not_end_the_next_wait(
    reactor: Reactor, poller: SpyPoller
) -> None:
    reactor.stir()
    reactor.select(0.001)
    assert poller.timeouts[0] == 0.001


def test_a_callback_without_work_for_asyncio_does_not_end_the_wait(
    reactor: Reactor, poller: SpyPoller, new_pair: NewPair
) -> None:
    (ours, theirs), (end, end_peer) = new_pair(), new_pair()

    def echo() -> None:
        ours.recv(1)
        end_peer.send(b"x")

    reactor.watch(ours.fileno(), FakeChannel(echo), READ)
    key = reactor.register(end, selectors.EVENT_READ)
    theirs.send(b"x")
    assert reactor.select(None) == [(key, selectors.EVENT_READ)]
    assert len(poller.timeouts) == 2


def test_the_wait_ends_in_time_though_a_channel_is_always_ready(
    reactor: Reactor, pair: Pair
) -> None:
    # Only ends if the clock is read; the channel leaves its byte unread.
    channel = FakeChannel()
    pair[1].send(b"x")
    reactor.watch(pair[0].fileno(), channel, READ)
    assert reactor.select(0.002) == []
    assert channel.calls


def test_a_descriptor_of_asyncio_has_its_turn_among_many_busy_channels(
    reactor: Reactor, new_pair: NewPair
) -> None:
    (ours, theirs), (data, data_peer) = new_pair(), new_pair()
    data_peer.send(b"x")
    copies = [os.dup(data.fileno()) for _ in range(2 * MOST_EVENTS)]
    channel = FakeChannel()
    for fd in copies:
        reactor.watch(fd, channel, READ)
    theirs.send(b"x")
    key = reactor.register(ours, selectors.EVENT_READ)
    # Three turns serve all that is ready.
    found = reactor.select(0) + reactor.select(0) + reactor.select(0)
    for fd in copies:
        reactor.unwatch(fd)
        os.close(fd)
    assert (key, selectors.EVENT_READ) in found
    assert len(channel.calls) <= 3 * MOST_EVENTS


def test_a_negative_timeout_does_not_wait(reactor: Reactor, poller: SpyPoller) -> None:
    assert reactor.select(-1) == []
    assert poller.timeouts == [0]


# selectors.BaseSelector


def test_readiness_is_reported_as_registered(reactor: Reactor, pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    key = reactor.register(ours, selectors.EVENT_READ, "data")
    assert key == selectors.SelectorKey(ours, ours.fileno(), 1, "data")
    assert reactor.select(0) == [(key, selectors.EVENT_READ)]
    key = reactor.modify(ours, selectors.EVENT_READ | selectors.EVENT_WRITE, "more")
    assert reactor.select(0) == [(key, selectors.EVENT_READ | selectors.EVENT_WRITE)]
    key = reactor.modify(ours, selectors.EVENT_WRITE, "more")
    assert reactor.select(0) == [(key, selectors.EVENT_WRITE)]
    assert reactor.unregister(ours) == key
    assert reactor.select(0) == []


def test_a_reset_is_reported_to_asyncio_in_the_events_it_asked_for(
    reactor: Reactor, pair: Pair
) -> None:
    ours, theirs = pair
    ours.send(b"never read")
    theirs.close()
    key = reactor.register(ours, selectors.EVENT_READ)
    assert reactor.select(0) == [(key, selectors.EVENT_READ)]
    key = reactor.modify(ours, selectors.EVENT_WRITE)
    assert reactor.select(0) == [(key, selectors.EVENT_WRITE)]


@pytest.mark.parametrize("events", [selectors.EVENT_READ, selectors.EVENT_WRITE])
def test_a_hang_up_alone_is_reported_as_what_asyncio_asked_for(
    reactor: Reactor, poller: SpyPoller, pair: Pair, events: int
) -> None:
    key = reactor.register(pair[0], events)
    # EPOLLHUP with neither EPOLLIN nor EPOLLOUT, epoll_ctl(2)
    poller.next_answer = [(pair[0].fileno(), 0x10)]
    assert reactor.select(0) == [(key, events)]


def test_registrations_are_found_by_number_and_by_object(
    reactor: Reactor, pair: Pair
) -> None:
    ours, theirs = pair
    key = reactor.register(ours, selectors.EVENT_READ)
    found = reactor.get_map()
    assert found[ours] == found[ours.fileno()] == reactor.get_key(ours) == key
    assert found.get(theirs) is None
    assert list(found) == [ours.fileno()]
    assert len(found) == 1


def test_a_closed_socket_can_still_be_unregistered(
    reactor: Reactor, pair: Pair
) -> None:
    ours, theirs = pair
    key = reactor.register(ours, selectors.EVENT_READ)
    ours.close()
    assert reactor.unregister(ours) == key
    theirs.close()
    with pytest.raises(KeyError):
        reactor.unregister(theirs)


def test_a_late_unregister_leaves_the_new_owner_of_the_number_alone(
    new_pair: NewPair,
) -> None:
    # epoll, for others still hold the old registration of a number closed too early.
    reactor = Reactor()
    (ours, _), (new, new_peer) = new_pair(), new_pair()
    reactor.register(ours, selectors.EVENT_READ)
    fd = ours.fileno()
    ours.close()
    os.dup2(new.fileno(), fd)
    channel = FakeChannel()
    reactor.watch(fd, channel, READ)
    reactor.unregister(ours)
    new_peer.send(b"x")
    reactor.select(0)
    reactor.unwatch(fd)
    os.close(fd)
    reactor.close()
    assert channel.calls == ["readable"]


def test_the_same_descriptor_is_not_registered_twice(
    reactor: Reactor, pair: Pair
) -> None:
    reactor.register(pair[0], selectors.EVENT_READ)
    with pytest.raises(KeyError, match="already registered"):
        reactor.register(pair[0].fileno(), selectors.EVENT_READ)


def test_a_closed_socket_is_not_registered(reactor: Reactor, pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(ValueError, match="has no descriptor"):
        reactor.register(pair[0], selectors.EVENT_READ)


def test_closing_forgets_everything(reactor: Reactor, pair: Pair) -> None:
    reactor.register(pair[0], selectors.EVENT_READ)
    reactor.close()
    assert len(reactor.get_map()) == 0
