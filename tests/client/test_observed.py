"""What the log tells of long exchanges, and of servers that clients are lent."""

import logging

import pytest

from pgpool_py.client.log_wishes import LogWishes
from pgpool_py.client.observed import (
    LONGEST_STATEMENT,
    ObservedExtendedOnlySession,
    ObservedSession,
    session_kind,
)
from pgpool_py.client.repeats import MOST, Repeated
from pgpool_py.net.reactor import Reactor
from pgpool_py.reasons import Reason
from pgwire.frontend import Bind, Parse
from tests.client.parties import IDENTITY, Scene, set_scene
from tests.fixtures.hand import Clock, NewWire, turn
from tests.fixtures.messages import (
    EXECUTE,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    query,
)
from tests.pgwire.replies import BOUND, PARSED

SELECT = "SELECT  a FROM t WHERE b = 'secret'"
FINGERPRINT = "select a from t where b = ?"


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> LogWishes:
    """Have exchanges of 2 s told of."""
    wishes = IDENTITY.visitor.wishes
    wanted = LogWishes(min_duration=2.0)
    for name in ("min_duration", "statement_text", "repeats"):
        monkeypatch.setattr(wishes, name, getattr(wanted, name))
    return wishes


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire, wishes: LogWishes) -> Scene:
    assert wishes.min_duration
    return set_scene(reactor, new_wire, ObservedSession)


@pytest.fixture(autouse=True)
def level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pgpool_py.client.observed")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Take what was told."""
    name = "pgpool_py.client.observed"
    found = [one.getMessage() for one in caplog.records if one.name == name]
    caplog.clear()
    return found


def run(scene: Scene, clock: Clock, seconds: float, sent: bytes, answer: bytes) -> None:
    """Let one exchange take so long."""
    scene.send(sent)
    if scene.lender.asking:
        scene.lend()
    clock.advance(seconds)
    scene.answer(answer)


def test_only_what_takes_so_long_is_told_of(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    run(scene, clock, 1.9, query(SELECT), done())
    assert lines(caplog) == []
    run(scene, clock, 2.0, query(SELECT), done())
    pid = scene.server.pid
    assert lines(caplog) == [
        f"duration: 2.000 s (backend {pid}), statement: {FINGERPRINT}"
    ]


def test_its_fields_are_those_of_its_client_and_its_own(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    run(scene, clock, 2.5, query(SELECT), done())
    (record,) = (one for one in caplog.records if one.msg.startswith("duration"))
    facts = {"duration": 2.5, "backend_pid": scene.server.pid, "statement": FINGERPRINT}
    assert record.__dict__["facts"] == facts
    assert record.__dict__["subject"] is scene.session


def test_the_time_in_the_queue_is_not_the_exchanges(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    scene.send(query(SELECT))
    clock.advance(60.0)
    turn(scene.reactor)
    scene.lend()
    scene.answer(done())
    assert lines(caplog) == []


def test_each_exchange_of_a_transaction_stands_for_itself(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    run(scene, clock, 0.0, query("BEGIN"), complete("BEGIN") + IN_TRANSACTION)
    clock.advance(60.0)
    run(scene, clock, 0.0, query("SELECT 1"), complete() + IN_TRANSACTION)
    run(scene, clock, 3.0, query(SELECT), complete() + IN_TRANSACTION)
    run(scene, clock, 4.0, query("COMMIT"), done("COMMIT"))
    assert [line.split(", statement: ") for line in lines(caplog)] == [
        [f"duration: 3.000 s (backend {scene.server.pid})", FINGERPRINT],
        [f"duration: 4.000 s (backend {scene.server.pid})", "commit"],
    ]


def test_what_is_bound_is_never_shown(
    scene: Scene, clock: Clock, wishes: LogWishes, caplog: pytest.LogCaptureFixture
) -> None:
    wishes.statement_text = True
    bind = Bind(b"", b"s", (), (b"secret",), ()).encode()
    parse = Parse(b"s", b"SELECT $1").encode()
    run(scene, clock, 2.0, parse + SYNC, PARSED + READY)
    run(scene, clock, 2.0, bind + EXECUTE + SYNC, BOUND + done())
    run(scene, clock, 2.0, parse.replace(b"s\0", b"\0") + bind + SYNC, b"")
    scene.session.close(Reason.CLIENT_EOF)
    assert [line.split(": ")[2] for line in lines(caplog)] == 2 * ["SELECT $1"]


def test_the_text_is_shown_where_that_is_asked_for(
    scene: Scene, clock: Clock, wishes: LogWishes, caplog: pytest.LogCaptureFixture
) -> None:
    wishes.statement_text = True
    run(scene, clock, 2.0, query(SELECT), done())
    run(scene, clock, 2.0, query("ALTER USER a PassWord 'b'"), done("ALTER ROLE"))
    run(scene, clock, 2.0, query(f"SELECT '{'x' * 2000}'"), done())
    first, second, third = (line.split("statement: ")[1] for line in lines(caplog))
    assert first == SELECT
    assert second == "alter user a password ?"
    assert third.endswith("xxx...")
    assert len(third) == LONGEST_STATEMENT + 3


def test_part_of_a_statement_is_not_shown(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    run(scene, clock, 2.0, query(f"SELECT '{'x' * 20_000}'"), done())
    (line,) = lines(caplog)
    assert line.endswith(("statement: not known", "<statement not read>"))


def test_a_flood_of_them_is_cut(
    scene: Scene, clock: Clock, wishes: LogWishes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(MOST + 2):
        run(scene, clock, 2.0, query("SELECT 1"), done())
    assert len(lines(caplog)) == MOST
    assert wishes.repeats.unsaid(Repeated.LONG_EXCHANGES) == 2


def test_nothing_is_told_once_nobody_wants_it(
    scene: Scene, clock: Clock, wishes: LogWishes, caplog: pytest.LogCaptureFixture
) -> None:
    wishes.min_duration = 0.0
    run(scene, clock, 60.0, query(SELECT), done())
    assert lines(caplog) == []


def test_each_server_that_it_is_lent_is_told_of(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pgpool_py.client.observed")
    server = scene.server
    name = f"S-0x{server.id:x} (backend {server.pid})"
    run(scene, clock, 0.0, query("BEGIN"), complete("BEGIN") + IN_TRANSACTION)
    assert lines(caplog) == [f"linked to {name}"]
    run(scene, clock, 0.0, query("COMMIT"), done("COMMIT"))
    assert lines(caplog) == [f"unlinked from {name}"]
    scene.lender.ready = server
    run(scene, clock, 0.0, query("SELECT 1"), done())
    scene.send(query("SELECT 1"))
    scene.lend()
    scene.session.close(Reason.CLIENT_EOF)
    told = [f"linked to {name}", f"unlinked from {name}"]
    assert lines(caplog) == 2 * told


def test_who_may_not_send_queries_is_observed_too() -> None:
    kind = session_kind(extended_only=True, observed=True)
    assert kind is ObservedExtendedOnlySession
    assert session_kind(extended_only=False, observed=True) is ObservedSession
