"""A client that listens while its servers change."""

import pytest

from pgpool_py import errors
from pgpool_py.client.session import ClientSession
from pgpool_py.net.reactor import Reactor
from pgpool_py.reasons import Reason
from pgpool_py.server.examination import Findings, keep_mark, mark
from pgpool_py.settings import PoolMode
from pgpool_py.sql.classify import classify
from pgwire.backend import NotificationResponse
from pgwire.completions import BindComplete, ParseComplete
from pgwire.frontend import Flush
from pgwire.statement import StatementBook
from pgwire.watched import WatchedRequests
from tests.client.parties import Scene, set_scene
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    FAILED,
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

LISTEN = query("LISTEN a")
NEWS = NotificationResponse(9, b"a", b"x").encode()


def watched(reactor: Reactor, new_wire: NewWire, mode: PoolMode) -> Scene:
    """Return a client whose session state is kept."""
    return set_scene(
        reactor,
        new_wire,
        requests=lambda watch: WatchedRequests(StatementBook(200), classify, watch),
        pool_mode=mode,
    )


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return watched(reactor, new_wire, PoolMode.TRANSACTION)


def find(scene: Scene, *channels: bytes, last_mark: int = 0) -> None:
    """Let PostgreSQL say what a client's server listens to, when it answers that."""
    scene.lender.findings = Findings({}, None, (), frozenset(channels), last_mark)


def begin(scene: Scene) -> None:
    """Let it begin a transaction, with a server that it has from then on."""
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(complete("BEGIN") + IN_TRANSACTION)


def listen(scene: Scene) -> None:
    """Let it listen to ``a``; it has no server then."""
    scene.send(LISTEN)
    scene.lend()
    scene.lender.notifications.hear()
    turn(scene.reactor)
    find(scene, b"a")
    scene.answer(done("LISTEN"))
    scene.answer(done())
    assert scene.client.received() == done("LISTEN")
    scene.backend.received()


def notify(scene: Scene) -> None:
    """Let the server that listens for all be told."""
    scene.lender.notifications.subscription.notify(b"a", NEWS)
    turn(scene.reactor)


# LISTEN


def test_listen_is_sent_once_its_channel_is_heard(scene: Scene) -> None:
    scene.send(LISTEN)
    scene.lend()
    assert scene.backend.received() == b""
    assert scene.lender.notifications.wanted == {b"a"}
    scene.lender.notifications.hear()
    turn(scene.reactor)
    assert scene.backend.received() == LISTEN


def test_listen_waits_until_what_was_notified_before_it_is_committed(
    scene: Scene,
) -> None:
    scene.send(query("NOTIFY a") + LISTEN)
    scene.lend()
    assert scene.backend.received() == query("NOTIFY a")
    assert scene.lender.notifications.wanted == set()
    scene.answer(done("NOTIFY"))
    scene.lend()
    assert scene.lender.notifications.wanted == {b"a"}
    scene.lender.notifications.hear()
    turn(scene.reactor)
    assert scene.backend.received() == LISTEN


def test_a_parse_of_listen_waits_as_well(scene: Scene) -> None:
    batch = parse("", "LISTEN a") + EXECUTE + SYNC
    scene.send(batch)
    scene.lend()
    assert scene.backend.received() == b""
    scene.lender.notifications.hear()
    turn(scene.reactor)
    assert scene.backend.received() == batch


def test_what_is_refused_is_an_error_in_its_place(scene: Scene) -> None:
    scene.send(LISTEN)
    scene.lend()
    scene.lender.notifications.hear(errors.no_server_for_listen(1.0, full=False))
    turn(scene.reactor)
    assert scene.backend.received() == query("pgpool_refused_1")
    scene.answer(refused('syntax error at or near "pgpool_refused_1"', "42601") + READY)
    answer = scene.client.received()
    assert kinds(answer) == "EZ"
    assert told(answer) == ("ERROR", "53300", "no server connection for LISTEN")


def test_what_comes_behind_it_waits_too(scene: Scene) -> None:
    scene.send(LISTEN + query("SELECT 1"))
    scene.lend()
    assert scene.backend.received() == b""
    scene.lender.notifications.hear()
    turn(scene.reactor)
    assert scene.backend.received() == LISTEN + query("SELECT 1")


def test_in_session_mode_nothing_waits(reactor: Reactor, new_wire: NewWire) -> None:
    scene = watched(reactor, new_wire, PoolMode.SESSION)
    scene.send(LISTEN)
    scene.lend()
    assert scene.backend.received() == LISTEN
    scene.answer(done("LISTEN") + NEWS)
    assert scene.client.received() == done("LISTEN") + NEWS


def test_its_own_server_tells_it_nothing(scene: Scene) -> None:
    scene.send(LISTEN)
    scene.lend()
    scene.lender.notifications.hear()
    turn(scene.reactor)
    find(scene, b"a")
    scene.answer(done("LISTEN") + NEWS)
    scene.answer(done())
    assert scene.client.received() == done("LISTEN")


# Notifications


def test_a_client_without_a_server_is_told_at_once(scene: Scene) -> None:
    listen(scene)
    notify(scene)
    assert scene.client.received() == NEWS


def test_what_comes_while_a_query_runs_is_told_behind_its_end(scene: Scene) -> None:
    listen(scene)
    scene.send(query("SELECT 1"))
    scene.lend()
    notify(scene)
    assert scene.client.received() == b""
    scene.answer(done())
    assert scene.client.received() == done() + NEWS


def test_what_comes_within_a_transaction_is_told_behind_its_end(scene: Scene) -> None:
    listen(scene)
    begin(scene)
    notify(scene)
    assert scene.client.received() == complete("BEGIN") + IN_TRANSACTION
    scene.send(query("COMMIT"))
    scene.answer(done("COMMIT"))
    assert scene.client.received() == done("COMMIT") + NEWS


def test_who_takes_nothing_is_closed_with_the_reason(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    listen(scene)
    scene.send(query("BEGIN"))
    scene.lend()
    for _ in range(20):
        notify(scene)
    assert isinstance(scene.session, ClientSession)
    assert scene.session.closed
    assert told(scene.client.received())[:2] == ("FATAL", "54000")
    assert str(Reason.NOTIFICATIONS_NOT_TAKEN) in caplog.text


def test_who_is_gone_listens_no_more(scene: Scene) -> None:
    listen(scene)
    scene.session.close(Reason.CLIENT_EOF)
    assert scene.lender.notifications.wanted == set()


# UNLISTEN


def test_unlisten_outside_a_transaction_needs_no_mark(scene: Scene) -> None:
    listen(scene)
    scene.send(query("UNLISTEN a"))
    scene.lend()
    assert scene.backend.received() == query("UNLISTEN a")
    find(scene)
    scene.answer(done("UNLISTEN"))
    scene.answer(done())
    assert scene.lender.notifications.wanted == set()


@pytest.mark.parametrize("rolled_back", [True, False])
def test_a_mark_tells_whether_unlisten_was_rolled_back(
    scene: Scene, *, rolled_back: bool
) -> None:
    listen(scene)
    begin(scene)
    scene.backend.received()
    scene.send(query("UNLISTEN a"))
    sent = scene.backend.received()
    number = int(sent.split(b"'")[1])
    assert sent == mark(number) + query("UNLISTEN a")
    scene.answer(complete("SET") + IN_TRANSACTION)
    scene.answer(complete("UNLISTEN") + IN_TRANSACTION)
    scene.send(query("END"))
    find(scene, last_mark=number - rolled_back)
    scene.answer(done("COMMIT"))
    scene.answer(done())
    assert scene.lender.notifications.wanted == ({b"a"} if rolled_back else set())
    answers = complete("UNLISTEN") + IN_TRANSACTION + done("COMMIT")
    assert scene.client.received() == complete("BEGIN") + IN_TRANSACTION + answers


def test_beside_a_reset_of_all_unlisten_counts_as_done(scene: Scene) -> None:
    listen(scene)
    begin(scene)
    scene.backend.received()
    scene.send(query("UNLISTEN *; RESET ALL"))
    assert scene.backend.received() == query("UNLISTEN *; RESET ALL")
    scene.answer(complete("UNLISTEN") + complete("RESET") + IN_TRANSACTION)
    scene.send(query("END"))
    find(scene)
    scene.answer(done("COMMIT"))
    scene.answer(done())
    assert scene.lender.notifications.wanted == set()


def test_unlisten_in_a_failed_transaction_is_none(scene: Scene) -> None:
    listen(scene)
    scene.send(query("BEGIN; SELECT 1/0"))
    scene.lend()
    scene.answer(refused() + FAILED)
    scene.backend.received()
    scene.send(query("UNLISTEN a"))
    assert scene.backend.received() == query("UNLISTEN a")
    scene.answer(refused(sqlstate="25P02") + FAILED)
    scene.send(query("END"))
    find(scene)
    scene.answer(done("ROLLBACK"))
    scene.answer(done())
    assert scene.lender.notifications.wanted == {b"a"}


def test_unlisten_waits_until_it_is_known_where_it_will_run(scene: Scene) -> None:
    listen(scene)
    scene.send(query("BEGIN") + query("UNLISTEN a"))
    scene.lend()
    assert scene.backend.received() == query("BEGIN")
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    assert kinds(scene.backend.received()) == "QQ"


def test_a_mark_is_kept_from_what_resets_all(scene: Scene) -> None:
    listen(scene)
    begin(scene)
    scene.send(query("RESET ALL"))
    scene.answer(complete("RESET") + IN_TRANSACTION)
    scene.send(query("UNLISTEN a"))
    scene.answer(complete("SET") + IN_TRANSACTION)
    scene.answer(complete("UNLISTEN") + IN_TRANSACTION)
    scene.backend.received()
    scene.send(query("RESET work_mem"))
    assert scene.backend.received() == query("RESET work_mem")
    # It is known by then where it will run.
    scene.send(query("RESET ALL"))
    assert scene.backend.received() == b""
    scene.answer(complete("RESET") + IN_TRANSACTION)
    assert scene.backend.received() == keep_mark() + query("RESET ALL")
    scene.client.received()
    # What goes wrong with it is nobody's business.
    scene.answer(refused() + FAILED)
    scene.answer(refused(sqlstate="3B001") + FAILED)
    scene.answer(refused(sqlstate="25P02") + FAILED)
    assert scene.client.received() == refused(sqlstate="25P02") + FAILED
    scene.send(query("RESET ALL"))
    assert scene.backend.received() == query("RESET ALL")


def unlisten_in_transaction(scene: Scene) -> None:
    """Let it say so of ``a``, with a mark that a rollback takes back."""
    begin(scene)
    scene.send(query("UNLISTEN a"))
    scene.answer(complete("SET") + IN_TRANSACTION)
    scene.answer(complete("UNLISTEN") + IN_TRANSACTION)
    scene.backend.received()


def test_a_mark_is_kept_once_for_a_batch(scene: Scene) -> None:
    listen(scene)
    unlisten_in_transaction(scene)
    batch = parse("", "RESET ALL") + BIND + EXECUTE + SYNC
    scene.send(batch)
    assert scene.backend.received() == keep_mark() + batch


def test_within_a_batch_no_mark_is_kept_but_unlisten_counts_as_done(
    scene: Scene,
) -> None:
    listen(scene)
    unlisten_in_transaction(scene)
    scene.send(parse() + BIND + EXECUTE + Flush().encode())
    accepted = ParseComplete().encode() + BindComplete().encode()
    scene.answer(accepted + complete("SELECT 1"))
    scene.backend.received()
    reset = parse("", "RESET ALL") + BIND + EXECUTE + SYNC
    scene.send(reset)
    assert scene.backend.received() == reset
    scene.answer(accepted + complete("RESET") + IN_TRANSACTION)
    scene.send(query("END"))
    find(scene)
    scene.answer(done("COMMIT"))
    scene.answer(done())
    assert scene.lender.notifications.wanted == set()


# NOTIFY


def test_its_server_is_its_own_until_its_notifications_have_come(
    scene: Scene,
) -> None:
    listen(scene)
    notifications = scene.lender.notifications
    scene.send(query("NOTIFY a"))
    scene.lend()
    assert notifications.claimed == (scene.server.pid, scene.session.identity.pid)
    scene.answer(done("NOTIFY"))
    assert scene.session.server is scene.server
    scene.send(query("SELECT 1"))
    notify(scene)
    assert scene.client.received() == done("NOTIFY") + NEWS
    before = scene.lender.calls.count("give back")
    notifications.disclaims.pop()()
    assert scene.lender.calls.count("give back") == before + 1
    assert scene.lender.calls[-1] == "request"


def test_who_does_not_listen_claims_nothing(scene: Scene) -> None:
    scene.send(query("NOTIFY a"))
    scene.lend()
    assert scene.lender.notifications.claimed == (0, 0)
