"""What brings clients each error that there is: one small function for each.

They get a starter of poolers and return the error as it came over the wire.
"""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from psycopg.rows import dict_row

from pgpool_py.embedded.place import HOST
from pgpool_py.testing import FaultProxy
from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import Bind, Parse, Query, Sync
from pgwire.startup import StartupMessage
from tests.fixtures.pooler_files import DATABASE, POOLED, USER, Setting
from tests.fixtures.pooling import PoolerProcess, StartPooler, free_port
from tests.integration.test_limits import ended, refusal
from tests.integration.wire import Wire, connect, extended, log_in

Provoke = Callable[[StartPooler], ErrorResponse]

CONSOLE = "pgbouncer"
SLEEP = Query(b"SELECT pg_sleep(30)").encode()


def small(start: StartPooler, **settings: Setting) -> PoolerProcess:
    """Start a pooler with one server, in transaction mode."""
    given: dict[str, Setting] = {"pool_mode": "transaction", "default_pool_size": 1}
    return start(more=given | settings)


def answered(wire: Wire, data: bytes) -> ErrorResponse:
    """Send this; return its error, behind which the session is as good as before."""
    wire.send(data)
    replies = wire.until_ready()
    assert replies[-1].body == b"I"
    assert wire.query("")[-1].body == b"I"
    return next(reply.error for reply in replies if reply.kind == "E")


# Limits


def too_many_clients(start: StartPooler) -> ErrorResponse:
    pooler = small(start, max_client_conn=1)
    log_in(pooler)
    return refusal(pooler)


def too_many_of_database(start: StartPooler) -> ErrorResponse:
    pooler = small(start, max_db_client_connections=1)
    log_in(pooler)
    return refusal(pooler)


def too_many_of_user(start: StartPooler) -> ErrorResponse:
    pooler = small(start, max_user_client_connections=1)
    log_in(pooler)
    return refusal(pooler)


def queue_full(start: StartPooler) -> ErrorResponse:
    pooler = small(start, max_wait_queue=1)
    holder, waiting, late = (log_in(pooler) for _ in range(3))
    holder.query("BEGIN")
    for wire in (waiting, late):
        wire.send(Query(b"SELECT 1").encode())
        # A round trip, in which the pooler has read what was sent before.
        holder.query("SELECT 1")
    return ended(late)


# Deadlines


def slow_login(start: StartPooler) -> ErrorResponse:
    return ended(connect(small(start, client_login_timeout=0.2)))


def slow_server(start: StartPooler) -> ErrorResponse:
    with socket.create_server((HOST, 0)) as silent:
        pooler = start(
            client_login_timeout=0.2,
            database_options=f"port={silent.getsockname()[1]}",
        )
        return refusal(pooler)


def long_wait(start: StartPooler) -> ErrorResponse:
    pooler = small(start, query_wait_timeout=0.2)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(SLEEP)
    return ended(waiting)


def long_query(start: StartPooler) -> ErrorResponse:
    return answered(log_in(small(start, query_timeout=0.2)), SLEEP)


def idle_in_transaction(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start, idle_transaction_timeout=0.2))
    wire.query("BEGIN")
    return ended(wire)


def long_transaction(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start, transaction_timeout=0.2))
    wire.query("BEGIN")
    return ended(wire)


def idle(start: StartPooler) -> ErrorResponse:
    return ended(log_in(small(start, client_idle_timeout=0.2)))


def restless(start: StartPooler) -> ErrorResponse:
    pooler = small(start, suspend_timeout=0.2, admin_users=USER)
    console, holder, waiting = log_in(pooler, CONSOLE), log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(SLEEP)
    holder.query("SELECT 1")
    console.send(Query(b"SUSPEND").encode())
    return ended(waiting)


# Servers


def nobody_there(start: StartPooler) -> ErrorResponse:
    return refusal(start(database_options=f"port={free_port()}"))


def nobody_there_any_more(start: StartPooler) -> ErrorResponse:
    pooler = small(start)
    wire = log_in(pooler)
    pooler.files.databases[DATABASE] += f" port={free_port()}"
    pooler.reload()
    wire.send(Query(b"SELECT 1").encode())
    return ended(wire)


def unknown_to_postgresql(start: StartPooler) -> ErrorResponse:
    pooler = start(databases={"other": "dbname=nowhere"})
    return refusal(pooler, database="other")


def terminated(start: StartPooler) -> ErrorResponse:
    pooler = small(start)
    wire = log_in(pooler)
    wire.send(SLEEP)
    (backend,) = pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    pooler.server.psql(f"SELECT pg_terminate_backend({backend.pid})")
    # The last message: what PgBouncer says of its own behind it, nobody needs.
    return ended(wire)


@contextmanager
def behind_a_proxy(start: StartPooler) -> Iterator[tuple[FaultProxy, PoolerProcess]]:
    """Start a pooler whose server is reached through a proxy."""
    pooler = small(start)
    target = (pooler.server.host, pooler.server.port)
    with FaultProxy(target) as proxy:
        pooler.files.databases[DATABASE] += f" host={proxy.host} port={proxy.port}"
        pooler.reload()
        yield proxy, pooler


def lost_while_busy(start: StartPooler) -> ErrorResponse:
    with behind_a_proxy(start) as (proxy, pooler):
        wire = log_in(pooler)
        wire.send(SLEEP)
        pooler.wait_for_backends(1, "sleeping", "pg_sleep")
        proxy.cut()
        return ended(wire)


def lost_in_transaction(start: StartPooler) -> ErrorResponse:
    with behind_a_proxy(start) as (proxy, pooler):
        wire = log_in(pooler)
        wire.query("BEGIN")
        proxy.cut()
        return ended(wire)


# The operator


def stopped_at_login(start: StartPooler) -> ErrorResponse:
    with TemporaryDirectory() as directory:
        pooler = small(start, admin_users=USER, unix_socket_dir=directory)
        log_in(pooler)
        # Which keeps the socket of the console open.
        log_in(pooler, CONSOLE).query("SHUTDOWN WAIT_FOR_CLIENTS")
        wire = pooler.keep(Wire(directory, pooler.port))
        wire.send(StartupMessage(0, {"user": USER, "database": DATABASE}).encode())
        error = ended(wire)
        pooler.close()
    return error


def servers_let_go(start: StartPooler) -> ErrorResponse:
    pooler = small(start)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(SLEEP)
    holder.query("SELECT 1")
    pooler.signal(signal.SIGINT)
    return ended(waiting)


def stopped_while_in(start: StartPooler) -> ErrorResponse:
    pooler = small(start)
    wire = log_in(pooler)
    pooler.signal(signal.SIGQUIT)
    return ended(wire)


def killed(start: StartPooler) -> ErrorResponse:
    pooler = small(start, admin_users=USER)
    console, wire = log_in(pooler, CONSOLE), log_in(pooler)
    console.query("KILL app")
    return ended(wire)


def killed_alone(start: StartPooler) -> ErrorResponse:
    pooler = small(start, admin_users=USER)
    wire = log_in(pooler)
    with pooler.connect(CONSOLE) as console:
        cursor = console.cursor(row_factory=dict_row)
        shown = cursor.execute(b"SHOW CLIENTS").fetchall()
        (number,) = (row["id"] for row in shown if row["database"] == DATABASE)
        console.execute(b"KILL_CLIENT %d" % number)
    return ended(wire)


def removed(start: StartPooler) -> ErrorResponse:
    pooler = start(databases={"other": f"dbname={POOLED}"})
    wire = log_in(pooler, "other")
    del pooler.files.databases["other"]
    pooler.reload()
    return ended(wire)


def led_elsewhere(start: StartPooler) -> ErrorResponse:
    pooler = start(pool_mode="session", server_fast_close=1)
    wire = log_in(pooler)
    wire.query("SELECT 1")
    pooler.files.databases[DATABASE] += " connect_query='SELECT 1'"
    pooler.reload()
    return ended(wire)


# Statements


def in_statement_mode(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start, pool_mode="statement"))
    return answered(wire, Query(b"BEGIN").encode())


def simple_query(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start, disable_pqexec=1))
    wire.send(Query(b"SELECT 1").encode())
    replies = wire.until_ready()
    wire.send(extended("SELECT 1"))
    assert wire.until_ready()[-1].body == b"I"
    return replies[0].error


def unknown_statement(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start))
    return answered(wire, Bind(b"", b"mine").encode() + Sync().encode())


def statement_in_use(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start))
    parse = Parse(b"mine", b"SELECT 1").encode() + Sync().encode()
    wire.send(parse)
    wire.until_ready()
    return answered(wire, parse)


def broken_parse(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start))
    # A name without its end
    return answered(wire, b"P\0\0\0\x0cnowhere!" + Sync().encode())


def unknown_message(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start))
    wire.send(b"!\0\0\0\4")
    return ended(wire)


def long_message(start: StartPooler) -> ErrorResponse:
    wire = log_in(small(start, max_packet_size=1000))
    wire.send(Query(b"x" * 2000).encode())
    return ended(wire)


# The console


def unknown_command(start: StartPooler) -> ErrorResponse:
    console = log_in(small(start, admin_users=USER), CONSOLE)
    return console.query("NONSENSE")[0].error


def faulty_reload(start: StartPooler) -> ErrorResponse:
    pooler = small(start, admin_users=USER)
    console = log_in(pooler, CONSOLE)
    pooler.write_ini(default_pool_size="many")
    return console.query("RELOAD")[0].error
