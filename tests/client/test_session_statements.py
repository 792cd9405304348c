"""A client and its prepared statements, on whatever server it gets."""

from pgpool_py.settings import PoolMode
from pgwire.codes import Target
from pgwire.frontend import Bind, Describe, Parse
from tests.client.parties import Scene, pool_settings
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    READY,
    SYNC,
    complete,
    kinds,
    parse,
    refused,
    split,
    told,
)
from tests.pgwire.replies import NO_DATA, STALE

PARSED = b"1\0\0\0\4"
BOUND = b"2\0\0\0\4"
CLOSE_UNNAMED = b"C\0\0\0\6S\0"
CLOSED = b"3\0\0\0\4"


def test_an_error_names_a_prepared_statement_as_the_client_does(scene: Scene) -> None:
    scene.send(parse("s") + SYNC)
    scene.lend()
    name = Parse.decode(split(scene.backend.received())[-2][1]).statement.decode()
    scene.answer(PARSED + refused(f'"{name}" is none') + READY)
    assert scene.client.received() == PARSED + refused('"s" is none') + READY


def test_a_named_statement_goes_by_another_name_and_keeps_no_server(
    scene: Scene,
) -> None:
    scene.send(parse("s1") + SYNC)
    scene.lend()
    assert b"s1" not in scene.backend.received()
    scene.answer(PARSED + READY)
    assert scene.session.pinned == ()
    assert scene.lender.calls == ["request", "give back"]


def test_a_statement_too_long_to_be_kept_keeps_its_server(scene: Scene) -> None:
    long = parse("s1", "SELECT '" + "x" * 20_000 + "'") + SYNC
    scene.send(long)
    scene.lend()
    assert scene.backend.received() == long
    scene.answer(PARSED + READY)
    assert scene.session.pinned == ("prepared statement",)
    assert scene.lender.calls == ["request"]
    scene.client.close()
    scene.reactor.select(0)
    assert scene.lender.calls == ["request", "abandon must reset"]


def test_without_statements_on_servers_a_named_one_keeps_its_server(
    scene: Scene,
) -> None:
    scene.lender.statements.limit = 0
    scene.send(parse("s1") + SYNC)
    scene.lend()
    assert scene.backend.received() == parse("s1") + SYNC
    scene.answer(PARSED + READY)
    assert scene.session.pinned == ("prepared statement",)


def test_in_session_mode_names_stay_as_they_are(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    scene.send(parse("s1") + SYNC)
    scene.lend()
    assert scene.backend.received() == parse("s1") + SYNC


def test_an_unnamed_statement_is_parsed_again_where_it_is_another_one(
    scene: Scene,
) -> None:
    scene.send(parse() + SYNC)
    scene.lend()
    scene.answer(PARSED + READY)
    assert scene.lender.calls == ["request", "give back"]
    scene.backend.received()
    scene.server.ledger.statements.unnamed = "another client's"
    scene.send(BIND + EXECUTE + SYNC)
    scene.lend()
    assert scene.backend.received() == parse() + BIND + EXECUTE + SYNC
    scene.client.received()
    scene.answer(PARSED + BOUND + complete() + READY)
    assert scene.client.received() == BOUND + complete() + READY


def test_an_unnamed_statement_of_another_client_is_closed_before_use(
    scene: Scene,
) -> None:
    scene.send(BIND + EXECUTE + SYNC)
    scene.lend()
    assert scene.backend.received() == CLOSE_UNNAMED + BIND + EXECUTE + SYNC
    # CloseComplete is ours; that there is no such statement PostgreSQL says itself.
    scene.answer(b"3\0\0\0\4" + refused("none", "26000") + READY)
    assert told(scene.client.received()) == ("ERROR", "26000", "none")
    assert scene.lender.calls == ["request", "give back"]


def test_a_batch_with_a_stale_plan_is_run_again(scene: Scene) -> None:
    scene.send(parse("s") + SYNC)
    scene.lend()
    scene.answer(PARSED + READY)
    scene.client.received()
    scene.backend.received()
    bind = Bind(b"", b"s").encode() + Describe(Target.PORTAL, b"").encode()
    scene.send(bind + EXECUTE + SYNC)
    scene.lend()
    assert kinds(scene.backend.received()) == "BDES"
    scene.answer(STALE + READY)
    assert kinds(scene.backend.received()) == "CPBDES"
    assert scene.client.received() == b""
    assert scene.session.server is scene.server
    scene.answer(CLOSED + PARSED + BOUND + NO_DATA + complete() + READY)
    assert scene.client.received() == BOUND + NO_DATA + complete() + READY
    assert scene.session.server is None
