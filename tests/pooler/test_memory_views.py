"""What is kept in memory, by kind."""

from dataclasses import replace

from pgpool_py.pooler.memory_views import MemoryView, memory
from pgpool_py.settings import UserSettings
from tests.pooler.staging import Stage
from tests.pooler.test_holdings import PARSE


def of(stage: Stage, name: str) -> MemoryView:
    (found,) = [view for view in memory(stage.pooler) if view.name == name]
    return found


def test_kinds_have_pgbouncers_names_and_order(stage: Stage) -> None:
    assert [view.name for view in memory(stage.pooler)] == [
        "user_cache",
        "credentials_cache",
        "db_cache",
        "peer_cache",
        "peer_pool_cache",
        "pool_cache",
        "outstanding_request_cache",
        "server_cache",
        "client_cache",
        "iobuf_cache",
        "var_list_cache",
        "server_prepared_statement_cache",
    ]


def test_objects_are_counted_and_have_a_size_each(stage: Stage) -> None:
    pool = stage.pool()
    stage.client(pool)
    one = of(stage, "client_cache")
    stage.client(pool)
    two = of(stage, "client_cache")
    assert (one.used, two.used) == (1, 2)
    assert one.size == two.size > 100
    assert two.total == 2 * two.size
    assert of(stage, "server_cache").used == of(stage, "server_cache").size == 0
    stage.server(pool)
    assert of(stage, "server_cache").used == 1
    assert of(stage, "pool_cache").used == of(stage, "db_cache").used == 1


def test_the_buffers_are_the_shared_one_and_what_is_held(stage: Stage) -> None:
    shared = len(stage.pooler.context.scratch.buffer)
    stage.client(stage.pool())
    assert of(stage, "iobuf_cache") == MemoryView("iobuf_cache", 1, shared)
    stage.client(stage.pool()).requests.pending = bytearray(10)
    assert of(stage, "iobuf_cache") == MemoryView("iobuf_cache", 2, shared + 10)


def test_a_user_with_a_secret_and_a_line_is_one(stage: Stage) -> None:
    stage.pooler.context.secrets = {"ann": "", "bob": ""}
    users = {"bob": UserSettings(), "cid": UserSettings()}
    stage.pooler.context.settings = replace(stage.settings, users=users)
    assert of(stage, "user_cache").used == 3


def test_secrets_are_counted_by_their_bytes(stage: Stage) -> None:
    stage.pooler.context.secrets = {"ann": "12345", "bob": "123"}
    assert of(stage, "credentials_cache") == MemoryView("credentials_cache", 2, 8)


def test_statements_and_what_is_owed_are_counted(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool, client)
    client.requests.receive(memoryview(PARSE), len(PARSE), server.ledger, b"")
    statement = of(stage, "server_prepared_statement_cache")
    assert statement.used == 1
    # The text, and the count of parameter types.
    assert statement.total > len(b"SELECT 1\0\0\0")
    assert of(stage, "outstanding_request_cache").used == 1


def test_parameters_that_are_alike_are_kept_once(stage: Stage) -> None:
    book = stage.pooler.context.book
    alike = [book.of({"datestyle": "German"}) for _ in range(3)]
    assert alike[0] is alike[2]
    # The defaults, and these.
    assert of(stage, "var_list_cache").used == 2
