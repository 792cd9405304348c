"""A client whose session state is kept, from the statement to what is left of it."""

from dataclasses import replace

import pytest

from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.client.session_state import NOTHING
from pgpool_py.client.stateful import PARAMETERS
from pgpool_py.net.reactor import Reactor
from pgpool_py.server.parameters import ParameterBook
from pgpool_py.settings import PoolMode, SessionStatePolicy
from pgwire.exchange import QUERY
from pgwire.ledger import Ledger
from tests.client.keeping import (
    HARMLESS,
    HELD,
    LOCK,
    NOTHING_HELD,
    find,
    held_by,
    is_closed,
    run,
    watched,
)
from tests.client.parties import Scene, pool_settings, set_scene
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    IN_TRANSACTION,
    SYNC,
    complete,
    done,
    kinds,
    parse,
    query,
)


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return set_scene(reactor, new_wire, requests=watched)


# The examination


def test_a_server_is_examined_before_it_goes_back(scene: Scene) -> None:
    run(scene, LOCK)
    assert scene.client.received() == done()
    assert scene.lender.calls == ["request", "examine"]
    find(scene, NOTHING_HELD)
    assert scene.lender.calls == ["request", "examine", "give back"]
    assert scene.session.server is None
    assert scene.session.touched is NOTHING


def test_what_touches_nothing_is_given_back_at_once(scene: Scene) -> None:
    run(scene, query("SELECT other(1)"))
    assert scene.lender.calls == ["request", "give back"]


def test_within_a_transaction_nothing_is_examined(scene: Scene) -> None:
    scene.send(LOCK)
    scene.lend()
    scene.answer(complete() + IN_TRANSACTION)
    assert scene.lender.calls == ["request"]
    scene.send(query("COMMIT"))
    scene.answer(done("COMMIT"))
    assert scene.lender.calls == ["request", "examine"]


def test_what_is_known_at_once_needs_no_examination(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(server: object, client: object) -> bool:
        scene.session.on_examined(
            scene.session.touched, NOTHING_HELD, scene.session.parameters
        )
        return True

    monkeypatch.setattr(scene.lender, "examine", examine)
    run(scene, query("SET timezone = 'CET'"))
    assert scene.lender.calls == ["request", "give back"]


def test_it_is_counted_how_often_it_begins_to_keep_a_server(scene: Scene) -> None:
    counters = scene.lender.counters
    run(scene, LOCK)
    assert counters.pin_count == 0
    find(scene, HELD)
    assert counters.pin_count == 1
    # Still the same pin.
    scene.send(LOCK)
    scene.answer(done())
    find(scene, HELD)
    assert counters.pin_count == 1
    scene.send(LOCK)
    scene.answer(done())
    find(scene, NOTHING_HELD)
    run(scene, LOCK)
    find(scene, HELD)
    assert counters.pin_count == 2


def test_what_is_sent_meanwhile_is_kept_and_asks_anew(scene: Scene) -> None:
    run(scene, LOCK)
    scene.send(HARMLESS, query("SELECT 2"))
    find(scene, NOTHING_HELD)
    assert scene.lender.calls == ["request", "examine", "give back", "request"]
    scene.lend()
    assert scene.backend.received() == HARMLESS + query("SELECT 2")


def test_or_goes_to_the_server_that_is_kept(scene: Scene) -> None:
    run(scene, LOCK)
    scene.send(HARMLESS)
    find(scene, HELD)
    assert scene.lender.calls == ["request", "examine"]
    assert scene.backend.received() == HARMLESS
    assert not scene.waits()


def test_of_what_is_sent_meanwhile_no_more_is_kept_than_there_may_be(
    scene: Scene,
) -> None:
    run(scene, LOCK)
    scene.send(query("x" * scene.lender.buffer_limit))
    assert scene.client_is_paused()
    find(scene, NOTHING_HELD)
    scene.lend()
    assert not scene.client_is_paused()


def test_a_terminate_meanwhile_ends_the_session_behind_it(scene: Scene) -> None:
    run(scene, LOCK)
    scene.send(b"X\0\0\0\4")
    assert not is_closed(scene)
    find(scene, NOTHING_HELD)
    assert is_closed(scene)
    assert scene.lender.calls == ["request", "examine", "give back"]


def test_a_client_that_leaves_meanwhile_has_its_server_reset(scene: Scene) -> None:
    run(scene, LOCK)
    scene.client.close()
    turn(scene.reactor)
    assert scene.lender.calls == ["request", "examine", "abandon must reset"]
    assert scene.lender.pins.forgotten == 1


def test_who_leaves_keeps_nothing_whatever_was_found(scene: Scene) -> None:
    scene.client.close()
    turn(scene.reactor)
    assert scene.lender.pins.forgotten == 1


def test_so_has_one_that_leaves_in_its_transaction(scene: Scene) -> None:
    scene.send(LOCK)
    scene.lend()
    scene.answer(complete() + IN_TRANSACTION)
    scene.client.close()
    turn(scene.reactor)
    assert scene.lender.calls == ["request", "abandon must reset"]


def test_a_cancel_meanwhile_does_not_hit_the_examination(scene: Scene) -> None:
    run(scene, LOCK)
    cancel_exchange(scene.session)
    assert scene.lender.calls == ["request", "examine"]


def cancel_late(scene: Scene) -> None:
    """Have the lock answered while a cancel for it is on its way."""
    scene.send(LOCK)
    scene.lend()
    cancel_exchange(scene.session)
    scene.server.cancels = 1
    scene.answer(done())
    scene.backend.received()
    assert scene.lender.calls == ["request", "cancel"]


def arrive(scene: Scene) -> None:
    """Let the cancel arrive."""
    scene.server.cancels = 0
    scene.session.on_linked(scene.server)
    turn(scene.reactor)


def test_it_is_begun_when_a_cancel_on_its_way_has_arrived(scene: Scene) -> None:
    cancel_late(scene)
    arrive(scene)
    assert scene.lender.calls == ["request", "cancel", "examine"]
    assert scene.waits()


@pytest.mark.parametrize("size", [3, len(HARMLESS)])
def test_in_front_of_what_was_sent_meanwhile(scene: Scene, size: int) -> None:
    cancel_late(scene)
    scene.send(HARMLESS[:size])
    arrive(scene)
    assert scene.lender.calls == ["request", "cancel", "examine"]
    find(scene, NOTHING_HELD)
    scene.send(HARMLESS[size:])
    assert scene.lender.calls[3:] == ["give back", "request"]


def test_in_session_mode_nothing_is_examined(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    run(scene, LOCK)
    assert scene.lender.calls == ["request"]
    assert scene.lender.pins.judged == []
    scene.send(HARMLESS)
    cancel_exchange(scene.session)
    scene.backend.received()
    scene.answer(done())
    scene.send(query("SELECT 2"))
    scene.session.on_linked(scene.server)
    turn(scene.reactor)
    assert scene.backend.received().endswith(query("SELECT 2"))


# Parameters


def test_the_servers_spelling_of_startup_values_is_the_startup_from_then_on(
    scene: Scene,
) -> None:
    book = ParameterBook()
    german = book.of({"datestyle": "German, DMY"})
    scene.session.on_parameters_set(german)
    assert scene.session.startup is german
    later = book.of({"datestyle": "SQL, DMY"})
    scene.session.parameters = book.of({"datestyle": "sql"})
    scene.session.on_parameters_set(later)
    assert scene.session.parameters is later
    assert scene.session.startup is german


def test_statements_read_under_parameters_that_were_not_known_are_read_again(
    scene: Scene,
) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    scene.send(query("SET search_path = x"))
    assert scene.session.reads_otherwise
    scene.answer(complete("SET") + IN_TRANSACTION)
    scene.send(parse("s", "SELECT 'x'") + SYNC)
    scene.answer(b"1\0\0\0\4" + IN_TRANSACTION)
    scene.send(query("COMMIT"))
    scene.answer(done("COMMIT"))
    find(scene, NOTHING_HELD, search_path="x")
    (statement,) = scene.session.requests.names.values()
    assert statement is not None
    assert statement.context == b"search_path\0x\0"


def test_limits_of_a_client_are_its_own_users(scene: Scene) -> None:
    scene.session.limits = replace(
        scene.session.limits, session_state=SessionStatePolicy.PIN
    )
    run(scene, query("SET work_mem = '1MB'"))
    find(scene, NOTHING_HELD, work_mem="1MB")
    assert held_by(scene) == (PARAMETERS,)


# Behind messages of ours


def test_what_waits_for_messages_of_ours_keeps_its_server(scene: Scene) -> None:
    # Else it would go to the next one, who may wait for the same, and so on.
    prepare = query("PREPARE q AS SELECT 1")
    scene.send(prepare)
    scene.server.ledger.skip(QUERY)
    scene.lend()
    assert scene.backend.received() == b""
    assert scene.lender.calls == ["request", "restore"]
    # What restore does in the end.
    scene.server.ledger = Ledger()
    scene.session.on_linked(scene.server)
    turn(scene.reactor)
    assert kinds(scene.backend.received()) == "Q"
    assert scene.lender.calls == ["request", "restore"]


@pytest.mark.parametrize("rest", [b"", SYNC])
def test_cancelled_meanwhile_the_server_goes_back(scene: Scene, rest: bytes) -> None:
    batch = parse("", "EXECUTE q") + BIND + EXECUTE
    scene.send(query("PREPARE q AS SELECT 1") if rest else batch)
    scene.server.ledger.skip(QUERY)
    scene.lend()
    scene.server.ledger = Ledger()
    cancel_exchange(scene.session)
    scene.session.on_linked(scene.server)
    assert scene.lender.calls == ["request", "restore", "give back"]
    assert scene.session.server is None
    assert b"C57014\0" in scene.client.received()
