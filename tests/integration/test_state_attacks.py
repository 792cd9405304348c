"""Clients that try to leave something on a server that is theirs no more."""

import pytest

from pgwire.frontend import Bind, Execute, FunctionCall, Parse, Sync
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import ended
from tests.integration.wire import Wire, extended, log_in

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
TEMPORARY = (
    "SELECT count(*) FROM pg_depend WHERE refobjid = pg_my_temp_schema()"
    " AND refclassid = 'pg_namespace'::regclass"
)
SECRET = "SELECT coalesce(current_setting('my.secret', true), '')"
CHANNELS = "SELECT count(*) FROM pg_listening_channels()"
SET_PATH = extended("SELECT set_config('search_path', $1, false)", [b"pg_temp"])
SET_PATH_LOCAL = extended("SELECT set_config('search_path', $1, true)", [b"pg_temp"])
LIBRARIES = (
    "SELECT setting = reset_val FROM pg_settings WHERE name = 'dynamic_library_path'"
)
BECOME = "SET SESSION AUTHORIZATION pg_signal_backend"
# pg_proc has it as 2078; the arguments and the result are texts.
CALL_SET_CONFIG = FunctionCall(2078, (), (b"my.secret", b"x", b"f"), 0).encode()
DOTTED = "".join(f"SET my.x{number} = ''; " for number in range(40))

#: What is sent, what another client asks then, and what it is to hear.
LEFT_BEHIND: dict[str, tuple[list[str | bytes], str, str]] = {
    "a function like an attribute": (
        ["SELECT (1::bigint).pg_advisory_lock"],
        f"{LOCKS} AND pid = pg_backend_pid()",
        "0",
    ),
    "a table by a path that is bound": (
        [SET_PATH, "CREATE TABLE t (i int)", "RESET search_path"],
        TEMPORARY,
        "0",
    ),
    "a table by a bound path of the transaction": (
        ["BEGIN", SET_PATH_LOCAL, "SELECT 1 AS i INTO t", "COMMIT"],
        TEMPORARY,
        "0",
    ),
    "a table by a path with escapes": (
        ["SET search_path = E'pg\\137temp'; CREATE TABLE t (i int); RESET search_path"],
        TEMPORARY,
        "0",
    ),
    "a table by a path in pg_settings": (
        [
            "UPDATE pg_settings SET setting = 'pg_temp' WHERE name = 'search_path'",
            "CREATE TABLE t (i int)",
            "RESET search_path",
        ],
        TEMPORARY,
        "0",
    ),
    "a table by a path in pg_settings, set back in its transaction": (
        [
            "BEGIN",
            "UPDATE pg_settings SET setting = 'pg_temp' WHERE name = 'search_path'",
            "CREATE TABLE t (i int)",
            "UPDATE pg_settings SET setting = 'public' WHERE name = 'search_path'",
            "COMMIT",
            "RESET search_path",
        ],
        TEMPORARY,
        "0",
    ),
    "a collation": (['CREATE COLLATION pg_temp.c FROM "C"'], TEMPORARY, "0"),
    "a parameter whose name is bound": (
        [extended("SELECT set_config($1, $2, false)", [b"my.secret", b"x"])],
        SECRET,
        "",
    ),
    "a parameter whose name is computed": (
        ["SELECT set_config('my.' || 'secret', 'x', false)"],
        SECRET,
        "",
    ),
    "one of very many parameters": ([DOTTED + "SET my.secret = 'x'"], SECRET, ""),
    # Whom the examination would be made as, unless it takes care, sees none of these.
    "a parameter that a role does not see": (
        ["SET dynamic_library_path = '/x'; SET ROLE pg_signal_backend"],
        LIBRARIES,
        "t",
    ),
    "a parameter that another user of the session does not see": (
        [f"SET dynamic_library_path = '/x'; {BECOME}"],
        LIBRARIES,
        "t",
    ),
    "a parameter whose name is not ASCII": (
        ['SET my."ü" = 1'],
        "SELECT coalesce(current_setting('my.ü', true), '')",
        "",
    ),
    "a parameter in a text with a backslash": (["SET my.secret = 'x\\'"], SECRET, ""),
    "one in a name with escapes": (["SET my.U&\"\\0073ecret\" = 'x'"], SECRET, ""),
    "one in a text of any length": (
        [f"SET my.secret = 'x'; SELECT '{'x' * 17000}'"],
        SECRET,
        "",
    ),
    "one by a function of the protocol": ([CALL_SET_CONFIG], SECRET, ""),
    "one in what is prepared": (
        ["PREPARE p AS SELECT set_config('my.secret', '\\', false)", "EXECUTE p"],
        SECRET,
        "",
    ),
    "one in a text that a DO makes": (
        ["DO $$ BEGIN EXECUTE 'SET my.' || 'secret = 1'; END $$"],
        SECRET,
        "",
    ),
}


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=2, max_pinned=1)


def do(wire: Wire, *said: str | bytes) -> None:
    """Run queries, and batches; return when it is known what is left of them."""
    for one in (*said, "SELECT 1"):
        if isinstance(one, bytes):
            wire.send(one)
            wire.until_ready()
        else:
            wire.query(one)


def open_two_servers(one: Wire, other: Wire) -> None:
    """Leave two servers, the one that came back last to be lent next."""
    one.query("BEGIN")
    other.query("BEGIN")
    other.query("COMMIT")
    one.query("COMMIT")


@pytest.mark.parametrize("vanishes", [False, True], ids=["it stays", "it vanishes"])
@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_nothing_is_left_for_the_next_client(
    pooler: PoolerProcess, what: str, vanishes: bool
) -> None:
    said, question, answer = LEFT_BEHIND[what]
    attacker, victim = log_in(pooler), log_in(pooler)
    open_two_servers(attacker, victim)
    do(attacker, *said)
    if vanishes:
        attacker.reset()
        pooler.wait_for_log("client unexpected eof")
        victim.query("BEGIN")
        other = log_in(pooler)
        assert other.value(question) == answer
    assert victim.value(question) == answer


def test_a_table_by_the_path_of_a_login_is_its_clients(pooler: PoolerProcess) -> None:
    victim = log_in(pooler)
    attacker = log_in(pooler, search_path="pg_temp")
    attacker.query("SELECT 1 AS i INTO t")
    assert victim.value(TEMPORARY) == "0"
    assert attacker.value("SELECT i FROM t") == "1"


VOID = "RETURNS void LANGUAGE plpgsql"
# Replaces all that the pooler has prepared on the server.
REPLACE = """
DECLARE name text; names text[];
BEGIN
    SELECT array_agg(p.name) INTO names FROM pg_prepared_statements AS p;
    DEALLOCATE ALL;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('PREPARE %I AS SELECT $q$stolen$q$', name);
    END LOOP;
END
"""


@pytest.mark.parametrize(
    "said",
    [
        [f"DO $${REPLACE}$$"],
        [
            f"CREATE FUNCTION pg_temp.replaces() {VOID} AS $${REPLACE}$$",
            "SELECT pg_temp.replaces()",
            "DROP FUNCTION pg_temp.replaces()",
        ],
    ],
    ids=["by DO", "by a temporary function"],
)
def test_what_another_client_prepares_in_secret_is_not_run(
    start_pooler: StartPooler, said: list[str | bytes]
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    attacker, victim = log_in(pooler), log_in(pooler)
    victim.send(Parse(b"s", b"SELECT 'mine'").encode(), Sync().encode())
    victim.until_ready()
    victim.query("PREPARE q AS SELECT 'mine'")
    do(attacker, *said)
    victim.send(Bind(b"", b"s").encode(), Execute(b"").encode(), Sync().encode())
    (row,) = [one.body for one in victim.until_ready() if one.kind == "D"]
    assert b"mine" in row
    assert victim.value("EXECUTE q") == "mine"


def test_what_another_client_listens_to_in_a_function_is_not_heard(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    attacker, victim = log_in(pooler), log_in(pooler)
    attacker.query(
        "CREATE FUNCTION listens() RETURNS void LANGUAGE plpgsql AS"
        " $$ BEGIN LISTEN private; END $$"
    )
    attacker.query("SELECT listens()")
    victim.query("BEGIN")
    with pooler.direct() as direct:
        direct.execute("NOTIFY private, 'secret'")
    assert [one.kind for one in victim.query("COMMIT")] == ["C", "Z"]
    # Nor has it said so by a LISTEN of its own.
    victim.query("LISTEN own")
    victim.query("SELECT 1")
    with pooler.direct() as direct:
        direct.execute("NOTIFY private, 'secret'")
        direct.execute("NOTIFY own, 'mine'")
    assert b"mine" in victim.read().body


def test_a_mark_of_ours_that_a_client_has_set_hides_nothing(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    attacker, victim = log_in(pooler), log_in(pooler)
    attacker.query(
        "CREATE FUNCTION sets() RETURNS text LANGUAGE sql AS"
        " $$ SELECT set_config('pgpool_py.unlistened', 'x', false) $$"
    )
    attacker.query("SELECT sets()")
    do(victim, "LISTEN own")
    # It has not kept the only server.
    assert attacker.value("SELECT 1") == "1"


def test_no_more_clients_are_pinned_by_what_cannot_be_seen(
    pooler: PoolerProcess,
) -> None:
    lock = "DO $$ BEGIN PERFORM pg_advisory_lock_shared(1); END $$"
    holder, attacker, victim = log_in(pooler), log_in(pooler), log_in(pooler)
    do(holder, lock)
    attacker.query(lock)
    error = ended(attacker)
    assert (error.severity, error.sqlstate) == ("FATAL", "53300")
    assert "max_pinned is 1" in str(error.fields["D"])
    assert victim.value(f"{LOCKS} AND pid = pg_backend_pid()") == "0"
    assert holder.value(f"{LOCKS} AND pid = pg_backend_pid()") == "1"


def test_no_more_channels_are_heard_by_what_cannot_be_seen(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, max_listen_channels=2
    )
    attacker, victim = log_in(pooler), log_in(pooler)
    attacker.query("LISTEN a")
    attacker.query("DO $$ BEGIN LISTEN b; LISTEN c; END $$")
    error = ended(attacker)
    assert (error.severity, error.sqlstate) == ("FATAL", "54000")
    assert victim.value(CHANNELS) == "0"


def test_very_many_parameters_keep_their_client_at_its_server(
    pooler: PoolerProcess,
) -> None:
    client, other = log_in(pooler), log_in(pooler)
    open_two_servers(client, other)
    for start in range(0, 510, 30):
        names = range(start, start + 30)
        client.query("".join(f"SET my.x{number} = ''; " for number in names))
    pid = client.value("SELECT pg_backend_pid()")
    until(lambda: other.value("SELECT pg_backend_pid()") != pid, "it is pinned")


@pytest.mark.parametrize("vanishes", [False, True], ids=["it leaves", "it times out"])
def test_a_server_with_what_no_reset_ends_is_nobody_elses(
    start_pooler: StartPooler, vanishes: bool
) -> None:
    timeout = 0.1 if vanishes else 0
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, pin_timeout=timeout
    )
    attacker, victim = log_in(pooler), log_in(pooler)
    process = attacker.value("SELECT pg_backend_pid() FROM setseed(0.5)")
    if vanishes:
        assert ended(attacker).sqlstate == "57P05"
    else:
        attacker.close()
    assert victim.value("SELECT pg_backend_pid()") != process
