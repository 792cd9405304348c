"""A client that is cancelled while what it sent is held back from its own server."""

import pytest

from pgpool_py import errors
from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.net.reactor import Reactor
from pgpool_py.server.examination import Findings
from tests.client.keeping import (
    HARMLESS,
    HELD,
    LOCK,
    NOTHING_HELD,
    find,
    run,
    watched,
)
from tests.client.parties import Scene, set_scene
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    kinds,
    parse,
    query,
    refused,
    told,
)

CANCELLED = ("ERROR", "57014", "canceling statement due to user request")
LISTEN = query("LISTEN a")
LATE = query("SELECT 'late'")
NEXT = query("SELECT 'next'")


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return set_scene(reactor, new_wire, requests=watched)


def examined(scene: Scene) -> None:
    """Have the client's session examined; the answer is still to come."""
    run(scene, LOCK)
    assert scene.client.received() == done()


def cancel(scene: Scene) -> bytes:
    cancel_exchange(scene.session)
    turn(scene.reactor)
    return scene.client.received()


# Behind an examination


def test_what_waits_behind_an_examination_is_cancelled_at_once(scene: Scene) -> None:
    examined(scene)
    scene.send(LATE)
    stream = cancel(scene)
    assert told(stream) == CANCELLED
    assert kinds(stream) == "EZ"
    find(scene, NOTHING_HELD)
    assert scene.lender.calls == ["request", "examine", "give back"]
    assert not scene.waits()


def test_what_comes_behind_it_goes_on_after_the_examination(scene: Scene) -> None:
    examined(scene)
    scene.send(LATE + NEXT)
    assert kinds(cancel(scene)) == "EZ"
    find(scene, HELD)
    assert scene.backend.received() == NEXT


def test_a_client_that_waits_with_nothing_is_left_alone(scene: Scene) -> None:
    examined(scene)
    assert cancel(scene) == b""
    # Of this, PostgreSQL would not have begun anything.
    scene.send(LATE[:9])
    assert cancel(scene) == b""
    scene.send(LATE[9:])
    find(scene, HELD)
    assert scene.backend.received() == LATE


def test_of_a_cancelled_batch_the_rest_never_comes_to_a_server_that_is_kept(
    scene: Scene,
) -> None:
    examined(scene)
    scene.send(parse() + BIND)
    assert kinds(cancel(scene)) == "E"
    find(scene, HELD)
    for byte in EXECUTE + query("thrown away"):
        scene.send(bytes((byte,)))
    assert (scene.client.received(), scene.backend.received()) == (b"", b"")
    scene.send(SYNC + NEXT)
    assert scene.client.received() == READY
    assert scene.backend.received() == NEXT


def test_nor_if_it_comes_before_the_examination_is_over(scene: Scene) -> None:
    examined(scene)
    scene.send(parse() + BIND)
    assert kinds(cancel(scene)) == "E"
    scene.send(EXECUTE + SYNC + NEXT)
    find(scene, HELD)
    assert scene.client.received() == READY
    assert scene.backend.received() == NEXT


def test_nor_to_the_next_one_if_its_server_goes_back(scene: Scene) -> None:
    examined(scene)
    scene.send(parse() + BIND)
    assert kinds(cancel(scene)) == "E"
    find(scene, NOTHING_HELD)
    scene.send(EXECUTE + SYNC + NEXT)
    assert scene.client.received() == READY
    scene.lend()
    assert scene.backend.received() == NEXT


def test_a_good_bye_in_a_cancelled_batch_ends_the_session(scene: Scene) -> None:
    examined(scene)
    scene.send(parse() + BIND)
    assert kinds(cancel(scene)) == "E"
    find(scene, HELD)
    scene.send(SYNC + b"X\0\0\0\4")
    assert scene.session.closed
    assert scene.lender.calls[-1] == "abandon must reset"


# Behind a LISTEN


def test_a_listen_that_is_held_back_fails_where_it_would_have_run(scene: Scene) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    scene.client.received()
    scene.backend.received()
    scene.send(LISTEN + NEXT)
    assert scene.backend.received() == b""
    cancel_exchange(scene.session)
    turn(scene.reactor)
    assert scene.lender.notifications.wanted == set()
    assert scene.backend.received() == query("pgpool_refused_1") + NEXT
    scene.answer(refused('syntax error at or near "pgpool_refused_1"', "42601"))
    assert told(scene.client.received()) == CANCELLED


def test_what_is_heard_too_late_does_not_matter(scene: Scene) -> None:
    scene.send(LISTEN)
    scene.lend()
    cancel_exchange(scene.session)
    turn(scene.reactor)
    assert scene.backend.received() == query("pgpool_refused_1")
    scene.answer(refused('syntax error at or near "pgpool_refused_1"', "42601") + READY)
    # It listens anew, and only that counts.
    scene.send(LISTEN)
    scene.lend()
    (_, first), _ = scene.lender.notifications.asked
    first(errors.no_server_for_listen(1.0, full=False))
    turn(scene.reactor)
    assert scene.backend.received() == b""
    assert scene.lender.notifications.wanted == {b"a"}
    scene.lender.notifications.hear()
    turn(scene.reactor)
    assert scene.backend.received() == LISTEN


# Behind something else


def test_what_waits_for_notifications_of_its_own_is_cancelled(scene: Scene) -> None:
    scene.send(LISTEN)
    scene.lend()
    scene.lender.notifications.hear()
    turn(scene.reactor)
    scene.lender.findings = Findings({}, None, (), frozenset({b"a"}))
    scene.answer(done("LISTEN"))
    scene.answer(done())
    scene.send(query("NOTIFY a"))
    scene.lend()
    scene.answer(done("NOTIFY"))
    scene.client.received()
    scene.send(LATE)
    assert told(cancel(scene)) == CANCELLED


def test_in_a_transaction_what_waits_is_cancelled_when_it_runs(scene: Scene) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    scene.send(query("SELECT pg_sleep(9)"))
    cancel_exchange(scene.session)
    scene.server.cancels = 1
    scene.answer(refused("canceling", "57014") + b"Z\0\0\0\5E")
    scene.send(query("ROLLBACK"))
    scene.client.received()
    assert cancel(scene) == b""
    scene.server.cancels = 0
    scene.session.on_linked(scene.server)
    turn(scene.reactor)
    assert scene.backend.received().endswith(query("ROLLBACK"))
    assert scene.session.cancel_asked
    cancel_exchange(scene.session)
    assert scene.lender.calls == ["request", "cancel", "cancel"]


def test_a_rollback_that_the_mode_demands_is_not_disturbed(scene: Scene) -> None:
    examined(scene)
    scene.session.takes_back = True
    scene.send(HARMLESS)
    assert cancel(scene) == b""
