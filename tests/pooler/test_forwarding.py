"""One cancel request on its way to a peer, when things go wrong on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pgpool_py.net.address import Address
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Answer
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.pooler import forwarding
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock
from tests.pooler.group import Group, ask, beat, ended, warnings

ADDRESSES: list[Address] = ["/first", "/second"]


@dataclass(eq=False)
class FakeCancel:
    """A CancelRequest whose end is the test's."""

    reactor: Reactor
    options: TcpOptions
    address: Address
    request: CancelRequest
    then: Callable[["FakeCancel", bool], None]
    sent: bool = False

    def give_up(self) -> None:
        self.then(self, False)


@dataclass(eq=False)
class Road:
    """What is between us and the peer."""

    cancels: list[FakeCancel] = field(default_factory=list)
    look_ups: list[Callable[[Answer], None]] = field(default_factory=list)

    def connect(
        self,
        reactor: Reactor,
        options: TcpOptions,
        address: Address,
        request: CancelRequest,
        then: Callable[[FakeCancel, bool], None],
    ) -> FakeCancel:
        self.cancels.append(FakeCancel(reactor, options, address, request, then))
        return self.cancels[-1]

    def resolve(self, host: str, port: int, then: Callable[[Answer], None]) -> None:
        self.look_ups.append(then)


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Road:
    road = Road()
    monkeypatch.setattr(forwarding, "ServerCancel", road.connect)
    return road


def test_every_address_is_tried_once(
    group: Group,
    road: Road,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = group()
    monkeypatch.setattr(house.pooler.context.resolver, "resolve", road.resolve)
    asking = ask(house)
    road.look_ups[0](list(ADDRESSES))
    for cancel in road.cancels:
        assert not ended(asking)
        cancel.give_up()
    assert [cancel.address for cancel in road.cancels] == ADDRESSES
    assert ended(asking)
    assert warnings(caplog) == ["closing because: cancel request failed"]


def test_what_may_have_arrived_is_not_sent_again(
    group: Group, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = group()
    monkeypatch.setattr(house.pooler.context.resolver, "resolve", road.resolve)
    asking = ask(house)
    road.look_ups[0](list(ADDRESSES))
    (cancel,) = road.cancels
    cancel.sent = True
    cancel.give_up()
    assert len(road.cancels) == 1
    assert ended(asking)


def test_addresses_that_come_too_late_are_not_connected_to(
    group: Group, road: Road, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    house = group()
    monkeypatch.setattr(house.pooler.context.resolver, "resolve", road.resolve)
    asking = ask(house)
    beat(house, clock, 10.0)
    assert ended(asking)
    road.look_ups[0](list(ADDRESSES))
    assert road.cancels == []
    assert len(house.pooler.gatehouse.peering) == 0
