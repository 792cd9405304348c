"""What one client is told, when, and what it is not told any more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from pgpool_py import errors
from pgpool_py.errors import PoolerError, Severity
from pgpool_py.listen.askers import Then
from pgpool_py.listen.subscription import ListenLimits, Subscription

LIMITS = ListenLimits(channels=3, buffer=10)


@dataclass
class FakeClient:
    """Takes all that it is told."""

    at_rest: bool = True
    backlog: int = 0
    told: list[bytes] = field(default_factory=list)
    kept: int = 0
    overflown: PoolerError | None = None

    def tell(self, message: bytes) -> None:
        self.told.append(message)

    def on_kept(self) -> None:
        self.kept += 1

    def on_overflow(self, error: PoolerError) -> None:
        self.overflown = error


@dataclass
class FakeSource:
    """Writes down what is wanted; says what the test wants said."""

    wanted: set[bytes] = field(default_factory=set)
    claimed: tuple[int, int] = (0, 0)
    calls: list[Then] = field(default_factory=list)

    def ask(self, who: Subscription, names: frozenset[bytes], then: Then) -> None:
        self.wanted |= names
        self.calls.append(then)

    def want(self, who: Subscription, names: Iterable[bytes]) -> None:
        self.wanted |= set(names)

    def forgo(self, who: Subscription, names: Iterable[bytes]) -> None:
        self.wanted -= set(names)

    def claim(self, server_pid: int, pid: int) -> None:
        self.claimed = (server_pid, pid)

    def disclaim(self, server_pid: int, then: Callable[[], None]) -> None:
        self.claimed = (server_pid, 0)
        then()

    def leave(self, who: Subscription) -> None:
        self.wanted.clear()


@dataclass
class Answer:
    """What a LISTEN was told: nothing yet, to go on, or an error."""

    given: list[PoolerError | None] = field(default_factory=list)

    def __call__(self, error: PoolerError | None) -> None:
        self.given.append(error)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def subscription(client: FakeClient, source: FakeSource) -> Subscription:
    """Return one that listens to a and b."""
    subscription = Subscription(client, source, LIMITS)
    subscription.listen([b"a", b"b"], Answer())
    source.calls.pop()(None)
    subscription.settle([b"a", b"b"], last_mark=0)
    return subscription


# LISTEN


def test_listen_goes_on_when_the_channel_is_heard(
    subscription: Subscription, source: FakeSource
) -> None:
    answer = Answer()
    subscription.listen([b"c"], answer)
    assert source.wanted == {b"a", b"b", b"c"}
    assert answer.given == []
    source.calls.pop()(None)
    assert answer.given == [None]
    assert subscription.tentative == {b"c"}


def test_a_channel_that_is_heard_for_it_already_is_not_asked_for(
    subscription: Subscription, source: FakeSource
) -> None:
    answer = Answer()
    subscription.listen([b"a"], answer)
    assert answer.given == [None]
    assert source.calls == []


def test_a_listen_that_is_refused_leaves_nothing(
    subscription: Subscription, source: FakeSource
) -> None:
    answer = Answer()
    subscription.listen([b"a", b"c"], answer)
    error = errors.no_server_for_listen(1.0, full=False)
    source.calls.pop()(error)
    assert answer.given == [error]
    assert not subscription.unsettled
    assert subscription.channels == {b"a", b"b"}


def test_one_channel_too_many_is_refused(
    subscription: Subscription, source: FakeSource
) -> None:
    answer = Answer()
    subscription.listen([b"c"], answer)
    subscription.listen([b"d"], answer)
    (error,) = answer.given
    assert error is not None
    assert (error.severity, error.sqlstate) == ("ERROR", "54000")
    assert error.detail == "max_listen_channels is 3."
    assert subscription.tentative == {b"c"}


def test_without_a_limit_no_channel_is_one_too_many(
    client: FakeClient, source: FakeSource
) -> None:
    subscription = Subscription(client, source, ListenLimits(0, 10))
    answer = Answer()
    subscription.listen([bytes([n]) for n in range(1, 200)], answer)
    assert answer.given == []


def test_at_its_end_nothing_is_wanted_any_more(
    subscription: Subscription, source: FakeSource
) -> None:
    subscription.end()
    assert source.wanted == set()


# What it is told, and when


def test_a_client_at_rest_is_told_at_once(
    subscription: Subscription, client: FakeClient
) -> None:
    subscription.notify(b"a", b"1")
    assert client.told == [b"1"]


def test_a_client_in_a_transaction_is_told_when_it_is_over(
    subscription: Subscription, client: FakeClient
) -> None:
    client.at_rest = False
    subscription.notify(b"a", b"1")
    assert client.kept == 1
    subscription.flush()
    assert client.told == []
    client.at_rest = True
    subscription.flush()
    assert client.told == [b"1"]


def test_what_is_kept_comes_before_what_comes_then(
    subscription: Subscription, client: FakeClient
) -> None:
    client.at_rest = False
    subscription.notify(b"a", b"1")
    client.at_rest = True
    subscription.notify(b"b", b"2")
    assert client.told == [b"12"]
    assert subscription.kept == 0


def test_what_comes_while_a_listen_runs_is_told_once_it_is_committed(
    subscription: Subscription, source: FakeSource, client: FakeClient
) -> None:
    subscription.listen([b"c"], Answer())
    # Sent before its LISTEN is: others listen to it already.
    subscription.notify(b"c", b"0")
    source.calls.pop()(None)
    client.at_rest = False
    subscription.notify(b"c", b"1")
    client.at_rest = True
    subscription.settle([b"c"], last_mark=0)
    assert client.told == [b"1"]
    assert subscription.channels == {b"a", b"b", b"c"}


def test_what_came_for_a_listen_that_was_rolled_back_is_dropped(
    subscription: Subscription, client: FakeClient, source: FakeSource
) -> None:
    subscription.listen([b"c"], Answer())
    client.at_rest = False
    subscription.notify(b"c", b"1")
    subscription.notify(b"a", b"2")
    client.at_rest = True
    subscription.settle([], last_mark=0)
    assert source.wanted == {b"a", b"b"}
    assert client.told == [b"2"]
    assert subscription.channels == {b"a", b"b"}


def test_what_came_before_a_listen_was_sent_is_dropped(
    subscription: Subscription, client: FakeClient
) -> None:
    subscription.listen([b"c"], Answer())
    subscription.notify(b"c", b"1")
    subscription.settle([b"c"], last_mark=0)
    assert client.told == []


def test_unlisten_holds_once_it_is_committed(
    subscription: Subscription, client: FakeClient
) -> None:
    subscription.unlisten([b"a"])
    assert subscription.unsettled
    client.at_rest = False
    subscription.notify(b"a", b"1")
    subscription.notify(b"b", b"2")
    client.at_rest = True
    subscription.settle([], last_mark=0)
    assert client.told == [b"2"]
    assert subscription.channels == {b"b"}
    assert not subscription.unsettled


@pytest.mark.parametrize("names", [None, [b"a"]])
def test_unlisten_that_is_rolled_back_was_never_said(
    subscription: Subscription, names: list[bytes] | None
) -> None:
    subscription.unlisten(names, 7)
    subscription.settle([], last_mark=6)
    assert subscription.channels == {b"a", b"b"}


def test_of_several_unlisten_those_before_the_last_mark_hold(
    subscription: Subscription,
) -> None:
    subscription.unlisten([b"a"], 7)
    subscription.unlisten(None, 8)
    subscription.settle([], last_mark=7)
    assert subscription.channels == {b"b"}


def test_where_no_mark_can_be_kept_unlisten_counts_as_done(
    subscription: Subscription,
) -> None:
    subscription.unlisten([b"a"], 7)
    subscription.do_without_marks()
    assert not subscription.marked
    subscription.settle([], last_mark=0)
    assert subscription.channels == {b"b"}


def test_so_many_are_told_apart_and_no_more(subscription: Subscription) -> None:
    for number in range(1, 1000):
        subscription.unlisten([b"x"], number)
    subscription.unlisten([b"a"], 1000)
    assert len(subscription._forgone) == 100
    subscription.settle([], last_mark=1000)
    assert subscription.channels == {b"b"}


def test_unlisten_of_everything_leaves_what_was_listened_to_behind_it(
    subscription: Subscription,
) -> None:
    subscription.unlisten(None)
    subscription.listen([b"a"], Answer())
    subscription.settle([b"a"], last_mark=0)
    assert subscription.channels == {b"a"}


def test_what_a_server_listens_to_without_having_been_seen_to_counts(
    subscription: Subscription, source: FakeSource
) -> None:
    subscription.settle([b"hidden"], last_mark=0)
    assert subscription.channels == {b"a", b"b", b"hidden"}
    assert source.wanted == {b"a", b"b", b"hidden"}


def test_more_channels_than_the_limit_are_no_more_for_not_having_been_seen(
    subscription: Subscription, source: FakeSource
) -> None:
    subscription.settle([b"c", b"d"], last_mark=0)
    assert source.wanted == {b"a", b"b"}
    error = subscription.excess
    assert error is not None
    assert (error.sqlstate, error.severity) == ("54000", Severity.FATAL)
    assert "max_listen_channels is 3." in str(error.detail)


def test_more_than_the_limit_kept_is_an_overflow(
    subscription: Subscription, client: FakeClient
) -> None:
    client.at_rest = False
    subscription.notify(b"a", b"x" * LIMITS.buffer)
    assert client.overflown is None
    subscription.notify(b"a", b"x")
    assert is_overflown(client)
    assert subscription.kept == 0


def test_what_the_client_does_not_take_counts_too(
    subscription: Subscription, client: FakeClient
) -> None:
    client.backlog = LIMITS.buffer
    subscription.notify(b"a", b"x")
    assert is_overflown(client)
    assert client.told == []


def is_overflown(client: FakeClient) -> bool:
    """Say whether it was told to end, and why."""
    error = client.overflown
    return (
        error is not None and error.detail == "notification_buffer_limit is 10 bytes."
    )
