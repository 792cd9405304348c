"""A client whose session state is kept, on a stage of its own."""

from pgpool_py.server.examination import Findings
from pgpool_py.server.parameters import ParameterBook
from pgpool_py.sql.classify import classify
from pgwire.objecting import Watch
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from pgwire.watched import WatchedRequests
from tests.client.parties import EXAMINE, Scene
from tests.fixtures.messages import done, query

LOCK = query("SELECT pg_advisory_lock(1)")
UNLOCK = query("SELECT pg_advisory_unlock(1)")
HARMLESS = query("SELECT 1")
HELD = Findings({}, None, ("advisory lock",))
NOTHING_HELD = Findings({}, None, ())


def watched(watch: Watch) -> Requests:
    return WatchedRequests(StatementBook(200), classify, watch)


def run(scene: Scene, message: bytes) -> None:
    """Let a client send something, and its server answer."""
    scene.send(message)
    if scene.lender.asking:
        scene.lend()
    scene.answer(done())


def find(scene: Scene, findings: Findings | None, **parameters: str) -> None:
    """Let the examination find this, and the client's parameters to be these."""
    lender = scene.lender
    lender.findings = findings
    lender.found = ParameterBook().of(parameters) if parameters else None
    assert scene.backend.received().endswith(EXAMINE)
    scene.answer(done())


# Functions, of whose results mypy does not think that they never change.


def held_by(scene: Scene) -> tuple[str, ...]:
    """Return what the client keeps its server for."""
    return scene.session.pinned


def is_closed(scene: Scene) -> bool:
    return scene.session.closed


def pinned(scene: Scene) -> Scene:
    """Let the client hold a lock."""
    run(scene, LOCK)
    find(scene, HELD)
    scene.lender.calls.clear()
    scene.client.received()
    scene.backend.received()
    return scene
