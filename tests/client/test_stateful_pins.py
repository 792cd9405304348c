"""A client that keeps its server for its session state, and until when."""

import pytest

from pgpool_py import errors
from pgpool_py.client.session_state import EVERYTHING, NOTHING
from pgpool_py.client.stateful import LASTING, PARAMETERS, UNKNOWN_STATE
from pgpool_py.net.reactor import Reactor
from pgpool_py.settings import PoolMode, SessionStatePolicy
from pgwire.classification import Touch
from tests.client.keeping import (
    HARMLESS,
    HELD,
    LOCK,
    NOTHING_HELD,
    UNLOCK,
    find,
    held_by,
    pinned,
    run,
    watched,
)
from tests.client.parties import Scene, set_scene
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import (
    READY,
    SYNC,
    done,
    kinds,
    parse,
    query,
    refused,
    told,
)


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return set_scene(reactor, new_wire, requests=watched)


# Pins


def test_a_pinned_client_keeps_its_server_past_the_transaction(scene: Scene) -> None:
    pinned(scene)
    assert held_by(scene) == ("advisory lock",)
    assert scene.lender.pins.settled == [("advisory lock",)]
    run(scene, HARMLESS)
    assert scene.client.received() == done()
    assert scene.lender.calls == []
    assert scene.session.server is scene.server


def test_what_may_have_ended_a_pin_is_examined(scene: Scene) -> None:
    pinned(scene)
    run(scene, UNLOCK)
    assert scene.lender.calls == ["examine"]
    # There was a second lock.
    find(scene, HELD)
    assert scene.session.server is scene.server
    run(scene, UNLOCK)
    find(scene, NOTHING_HELD)
    assert scene.lender.calls == ["examine", "examine", "give back"]
    assert held_by(scene) == ()


def test_what_holds_nothing_is_not_examined_for_what_could_be_gone(
    scene: Scene,
) -> None:
    run(scene, UNLOCK)
    assert held_by(scene) == ()
    assert scene.lender.calls == ["request", "give back"]


def test_an_examination_of_parameters_leaves_pins_alone(scene: Scene) -> None:
    pinned(scene)
    run(scene, query("SET work_mem = '1MB'"))
    find(scene, NOTHING_HELD, work_mem="1MB")
    assert held_by(scene) == ("advisory lock",)
    assert scene.session.parameters.values == {"work_mem": "1MB"}


def test_a_pinned_client_that_leaves_has_its_server_reset(scene: Scene) -> None:
    pinned(scene)
    scene.client.close()
    turn(scene.reactor)
    assert scene.lender.calls == ["abandon must reset"]
    assert scene.lender.pins.forgotten == 1


def test_what_no_view_shows_pins_for_good(scene: Scene) -> None:
    run(scene, query("LOAD 'auto_explain'"))
    find(scene, NOTHING_HELD)
    assert held_by(scene) == (LASTING,)
    run(scene, LOCK)
    find(scene, HELD)
    assert held_by(scene) == ("advisory lock", LASTING)
    run(scene, query("SELECT setseed(0.5)") + UNLOCK)
    scene.answer(done())
    find(scene, NOTHING_HELD)
    assert held_by(scene) == (LASTING,)


def test_a_prepared_statement_is_one_reason_more(scene: Scene) -> None:
    pinned(scene)
    scene.lender.statements.limit = 0
    scene.session.requests._book.limit = 0
    scene.send(parse("s1") + SYNC)
    scene.answer(b"1\0\0\0\4" + READY)
    assert held_by(scene) == ("advisory lock", "prepared statement")
    run(scene, UNLOCK)
    find(scene, NOTHING_HELD)
    assert held_by(scene) == ("prepared statement",)
    assert scene.session.server is scene.server


# Unknown state


def test_a_client_of_whom_nothing_can_be_found_out_is_pinned(scene: Scene) -> None:
    run(scene, query("DO 'x'"))
    find(scene, None)
    assert held_by(scene) == (UNKNOWN_STATE,)
    assert scene.session.server is scene.server
    run(scene, HARMLESS)
    assert scene.lender.calls == ["request", "examine"]


def test_all_of_it_is_asked_when_there_is_anything_to_ask_again(scene: Scene) -> None:
    run(scene, query("DO 'x'"))
    find(scene, None)
    scene.send(query("DROP TABLE t"))
    assert scene.session.touched == EVERYTHING
    scene.answer(done())
    find(scene, NOTHING_HELD)
    assert held_by(scene) == ()
    assert scene.session.server is None


def test_what_was_held_for_good_is_not_forgotten_over_it(scene: Scene) -> None:
    run(scene, query("LOAD 'x'"))
    find(scene, NOTHING_HELD)
    run(scene, query("DO 'x'"))
    find(scene, None)
    assert held_by(scene) == (UNKNOWN_STATE, LASTING)
    run(scene, query("DO 'x'"))
    find(scene, NOTHING_HELD)
    assert held_by(scene) == (LASTING,)


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("LOAD 'x'", True),
        ("SELECT setseed(0.5)", True),
        ("SELECT dblink_connect('c', 'dbname=x')", True),
        ("SELECT lastval()", False),
        ("SELECT pg_advisory_lock(1)", False),
    ],
)
def test_what_no_reset_takes_away_closes_the_server_at_the_end(
    scene: Scene, text: str, closes: bool
) -> None:
    run(scene, query(text))
    assert scene.server.must_close is scene.server.must_reset is closes
    scene.client.close()
    turn(scene.reactor)
    assert "abandon must reset" in scene.lender.calls


def test_in_session_mode_it_does_not(reactor: Reactor, new_wire: NewWire) -> None:
    scene = set_scene(reactor, new_wire, requests=watched, pool_mode=PoolMode.SESSION)
    run(scene, query("LOAD 'x'"))
    assert not scene.server.must_close


# What is not read

UNREAD = query("SELECT '\\'")


def test_a_text_that_is_not_read_has_its_server_reset_behind_it(scene: Scene) -> None:
    run(scene, UNREAD)
    assert scene.server.must_reset
    find(scene, NOTHING_HELD)
    assert held_by(scene) == ()
    assert scene.lender.calls == ["request", "examine", "give back"]


@pytest.mark.parametrize("text", ["CALL p()", "SET my.x = 1", "SELECT setval('s', 1)"])
def test_any_other_has_not(scene: Scene, text: str) -> None:
    run(scene, query(text))
    assert not scene.server.must_reset


def test_one_that_is_refused_has_not(scene: Scene) -> None:
    scene.lender.pins.objection = errors.session_state_rejected(Touch.UNREAD, "x")
    scene.send(UNREAD)
    scene.lend()
    assert kinds(scene.backend.received()) == "Q"
    assert not scene.server.must_reset


def test_where_all_pins_so_does_one_for_good(
    reactor: Reactor, new_wire: NewWire
) -> None:
    policy = SessionStatePolicy.PIN
    scene = set_scene(reactor, new_wire, requests=watched, session_state=policy)
    run(scene, UNREAD)
    find(scene, NOTHING_HELD)
    assert held_by(scene) == (LASTING,)
    assert scene.session.server is scene.server


# Policies


def test_where_all_pins_so_do_parameters(reactor: Reactor, new_wire: NewWire) -> None:
    policy = SessionStatePolicy.PIN
    scene = set_scene(reactor, new_wire, requests=watched, session_state=policy)
    run(scene, query("SET work_mem = '1MB'"))
    find(scene, NOTHING_HELD, work_mem="1MB")
    assert held_by(scene) == (PARAMETERS,)
    assert scene.session.server is scene.server
    run(scene, query("RESET work_mem"))
    scene.session.parameters = scene.session.startup
    find(scene, NOTHING_HELD)
    assert held_by(scene) == ()
    assert scene.session.server is None


def test_elsewhere_parameters_travel(scene: Scene) -> None:
    run(scene, query("SET work_mem = '1MB'"))
    find(scene, NOTHING_HELD, work_mem="1MB")
    assert held_by(scene) == ()
    assert scene.session.parameters.values == {"work_mem": "1MB"}
    assert scene.session.startup.values == {}


def test_what_may_not_be_sent_is_refused_and_noted_nowhere(scene: Scene) -> None:
    error = errors.session_state_rejected(Touch.LOCKS, "SELECT ?")
    scene.lender.pins.objection = error
    scene.send(LOCK)
    scene.lend()
    sent = scene.backend.received()
    assert kinds(sent) == "Q"
    assert b"advisory" not in sent
    assert scene.session.touched is NOTHING
    mark = sent[5:-1].decode()
    text = f'syntax error at or near "{mark}"'
    scene.answer(refused(text, "42601") + READY)
    assert told(scene.client.received()) == ("ERROR", "55000", error.message)
    assert scene.lender.calls == ["request", "give back"]
