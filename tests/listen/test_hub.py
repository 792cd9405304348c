"""Who wants to hear what, by integers; and what the server is to be told."""

import pytest

from pgpool_py.listen import hub as hub_module
from pgpool_py.listen.hub import Hub, Order


def hearing(*names: bytes) -> Hub[int]:
    """Return a hub whose server hears channels that 1 wants."""
    hub: Hub[int] = Hub()
    hub.want(1, names)
    assert hub.order() == Order(names)
    hub.carried_out()
    return hub


# Orders


def test_what_is_wanted_is_ordered_and_then_heard() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a", b"b"])
    assert not hub.hears([b"a"])
    assert hub.order() == Order((b"a", b"b"))
    assert not hub.hears([b"a"])
    hub.carried_out()
    assert hub.hears([b"a", b"b"])
    assert hub.order() is None


def test_what_is_heard_already_is_not_ordered_again() -> None:
    hub = hearing(b"a")
    hub.want(2, [b"a"])
    assert hub.hears([b"a"])
    assert hub.order() is None


def test_while_an_order_is_carried_out_there_is_no_other() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a"])
    hub.order()
    hub.want(1, [b"b"])
    assert hub.order() is None
    hub.carried_out()
    assert hub.hears([b"a"])
    assert not hub.complete
    assert hub.order() == Order((b"b",))


def test_what_nobody_wants_any_more_is_given_up() -> None:
    hub = hearing(b"a")
    hub.want(2, [b"a"])
    hub.forgo(1, [b"a"])
    assert hub.order() is None
    hub.forgo(2, [b"a"])
    assert hub.order() == Order((), (b"a",))
    hub.carried_out()
    assert hub.unused
    assert not hub.hears([b"a"])


def test_what_is_wanted_anew_while_it_is_given_up_is_ordered_behind_that() -> None:
    hub = hearing(b"a")
    hub.forgo(1, [b"a"])
    hub.order()
    hub.want(2, [b"a"])
    assert not hub.hears([b"a"])
    hub.carried_out()
    assert not hub.hears([b"a"])
    assert hub.order() == Order((b"a",))
    hub.carried_out()
    assert hub.hears([b"a"])


def test_what_is_forgone_before_it_was_ordered_is_never_ordered() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a", b"b"])
    hub.forgo(1, [b"a"])
    assert hub.order() == Order((b"b",))


def test_what_is_forgone_while_it_is_ordered_is_given_up_behind_that() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a"])
    hub.order()
    hub.forgo(1, [b"a"])
    hub.carried_out()
    assert hub.order() == Order((), (b"a",))


def test_orders_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MOST_AT_ONCE", 2)
    hub: Hub[int] = Hub()
    hub.want(1, [b"a", b"b", b"c"])
    assert hub.order() == Order((b"a", b"b"))
    hub.carried_out()
    assert hub.order() == Order((b"c",))


def test_names_are_quoted() -> None:
    order = Order((b"a", b'q"; DROP'), (b"\xe4",))
    assert order.text == b'LISTEN "a"; LISTEN "q""; DROP"; UNLISTEN "\xe4"'


# Who is told


def test_all_who_want_a_channel_are_told_the_first_one_first() -> None:
    hub = hearing(b"a", b"b")
    hub.want(3, [b"a"])
    hub.want(2, [b"a"])
    assert hub.wanting(b"a") == (1, 3, 2)
    assert hub.wanting(b"b") == (1,)
    assert hub.wanting(b"c") == ()


def test_what_somebody_never_wanted_can_be_forgone() -> None:
    hub = hearing(b"a")
    hub.forgo(2, [b"a", b"c"])
    assert hub.wanting(b"a") == (1,)
    assert hub.order() is None


# Refusals and losses


def test_a_refused_order_is_tried_again_name_by_name() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a", b"bad", b"c"])
    hub.order()
    assert hub.refuse() == ()
    assert hub.order() == Order((b"a",))
    hub.carried_out()
    assert hub.order() == Order((b"bad",))
    assert hub.refuse() == (b"bad",)
    assert hub.order() == Order((b"c",))
    hub.carried_out()
    assert hub.order() is None
    assert hub.hears([b"a", b"c"])
    assert not hub.hears([b"bad"])


def test_what_was_refused_is_ordered_again_where_that_is_asked_for() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a"])
    hub.order()
    assert hub.refuse() == (b"a",)
    assert hub.order() is None
    hub.retry()
    assert hub.order() == Order((b"a",))


def test_what_was_refused_and_is_not_wanted_any_more_is_forgotten() -> None:
    hub: Hub[int] = Hub()
    hub.want(1, [b"a"])
    hub.order()
    hub.forgo(1, [b"a"])
    assert hub.refuse() == ()
    hub.retry()
    assert hub.order() is None


def test_a_new_server_is_told_everything() -> None:
    hub = hearing(b"a", b"b")
    hub.forgo(1, [b"b"])
    hub.want(2, [b"c"])
    hub.order()
    hub.lost()
    assert not hub.hears([b"a"])
    assert hub.order() == Order((b"a", b"c"))
    hub.carried_out()
    assert hub.complete


def test_it_counts_the_channels_that_are_wanted() -> None:
    hub = hearing(b"a", b"b")
    hub.want(2, [b"a"])
    assert len(hub) == 2
