"""Who is turned away, with which error, and what it says to do about it."""

import psycopg
import pytest

from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import Query
from pgwire.startup import StartupMessage
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Wire, connect, kinds, log_in


def refusal(
    pooler: PoolerProcess, database: str = "app", user: str = "postgres"
) -> ErrorResponse:
    """Return the error with which a login ends."""
    wire = connect(pooler)
    wire.send(StartupMessage(0, {"user": user, "database": database}).encode())
    return ended(wire)


def ended(wire: Wire) -> ErrorResponse:
    """Return the error with which a connection ends; it is the last message."""
    messages = wire.rest()
    assert messages, "the connection ended without a word"
    return messages[-1].error


def hint(error: ErrorResponse) -> str:
    return error.fields.get("H", "")


def detail(error: ErrorResponse) -> str:
    return error.fields.get("D", "")


def test_one_client_more_than_max_client_conn_is_refused(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(max_client_conn=2)
    clients = [log_in(pooler), log_in(pooler)]
    error = refusal(pooler)
    assert (error.severity, error.sqlstate) == ("FATAL", "53300")
    assert error.message == "no more connections allowed (max_client_conn)"
    assert "2" in detail(error)
    assert "max_client_conn" in hint(error)
    clients[0].close()
    pooler.wait_for_log("client unexpected eof")
    assert log_in(pooler).value("SELECT 1") == "1"


@pytest.mark.parametrize(
    ("setting", "options", "whom"),
    [
        ("max_db_client_connections", {}, {"user": "second"}),
        ("max_user_client_connections", {}, {"database": "other"}),
    ],
)
def test_clients_per_database_and_per_user_are_limited(
    start_pooler: StartPooler,
    setting: str,
    options: dict[str, str],
    whom: dict[str, str],
) -> None:
    pooler = start_pooler(
        databases={"other": f"dbname={POOLED}"}, users={"second": ""}, more={setting: 1}
    )
    log_in(pooler)
    error = refusal(pooler, **whom)
    assert (error.severity, error.sqlstate) == ("FATAL", "53300")
    assert error.message == f"client connections exceeded ({setting})"
    assert "1" in detail(error)
    assert setting in hint(error)


def test_a_limit_of_one_database_holds_for_it_alone(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        database_options="max_db_client_connections=1",
        databases={"other": f"dbname={POOLED}"},
    )
    log_in(pooler)
    assert refusal(pooler).sqlstate == "53300"
    log_in(pooler, "other")
    log_in(pooler, "other")


def test_a_full_queue_refuses_at_once(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, max_wait_queue=1
    )
    holder, waiting, refused = (log_in(pooler) for _ in range(3))
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 'waited'").encode())
    assert holder.value("SELECT 1") == "1"
    refused.send(Query(b"SELECT 1").encode())
    error = ended(refused)
    assert (error.severity, error.sqlstate) == ("FATAL", "53300")
    assert "max_wait_queue" in error.message
    assert "max_wait_queue is 1" in detail(error)
    holder.query("COMMIT")
    assert kinds(waiting.until_ready()) == "TDCZ"


def test_a_client_that_waits_too_long_is_told_so(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, query_wait_timeout=0.3
    )
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 1").encode())
    error = ended(waiting)
    assert (error.severity, error.sqlstate) == ("FATAL", "53300")
    assert error.message == "query_wait_timeout"
    assert "0.3 s" in detail(error)
    assert "pool may have 1 server." in detail(error)
    assert kinds(holder.query("COMMIT")) == "CZ"


def test_the_wait_of_a_user_wins_over_that_of_the_database(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        query_wait_timeout=60,
        database_options="query_wait_timeout=50",
        user_options={"postgres": "query_wait_timeout=0.3"},
    )
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 1").encode())
    assert "0.3 s" in detail(ended(waiting))


def test_an_unknown_database_is_named(start_pooler: StartPooler) -> None:
    error = refusal(start_pooler(), database="nowhere")
    assert (error.severity, error.sqlstate) == ("FATAL", "3D000")
    assert error.message == "no such database: nowhere"


def test_a_database_that_postgresql_does_not_have_is_its_own_error(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(databases={"other": "dbname=nowhere"})
    error = refusal(pooler, database="other")
    assert (error.severity, error.sqlstate) == ("FATAL", "3D000")
    assert error.message == 'database "nowhere" does not exist'


def test_an_unknown_user_is_refused_though_nobody_needs_a_password(
    start_pooler: StartPooler,
) -> None:
    error = refusal(start_pooler(), user="nobody")
    assert (error.severity, error.sqlstate) == ("FATAL", "28P01")
    assert error.message == '"trust" authentication failed'


@pytest.mark.parametrize(
    ("auth_type", "text"),
    [
        ("plain", "password authentication failed"),
        ("md5", "password authentication failed"),
        ("scram-sha-256", "SASL authentication failed"),
    ],
)
def test_only_the_right_password_lets_in(
    start_pooler: StartPooler, auth_type: str, text: str
) -> None:
    pooler = start_pooler(
        auth_type=auth_type,
        users={"postgres": "secret"},
        databases={"other": f"dbname={POOLED} user=postgres"},
    )
    with pooler.connect(password="secret") as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    for words in ({"password": "wrong"}, {"password": "secret", "user": "nobody"}):
        with pytest.raises(psycopg.OperationalError, match=text):
            pooler.connect(**words)
    assert "secret" not in pooler.log


def test_a_startup_parameter_that_cannot_be_kept_is_refused_by_name(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(ignore_startup_parameters="geqo", session_state="ignore")
    wire = connect(pooler)
    words = {"user": "postgres", "database": "app", "geqo": "on", "work_mem": "5MB"}
    wire.send(StartupMessage(0, words).encode())
    error = ended(wire)
    assert (error.severity, error.sqlstate) == ("FATAL", "42704")
    assert error.message == "unsupported startup parameter: work_mem"
    assert "ignore_startup_parameters" in hint(error)
