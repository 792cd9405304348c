"""psql and pgbench through the pooler in transaction mode."""

import re
from pathlib import Path

import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.programs import begin, finish, run

SIZE = 4
SECONDS = "3"


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=SIZE)


def psql(pooler: PoolerProcess, script: str) -> list[str]:
    arguments = ["-XqAt", "-v", "ON_ERROR_STOP=1"]
    return run(pooler, "psql", *arguments, given=script).splitlines()


def prepare(pooler: PoolerProcess, scale: int = 1) -> None:
    run(pooler, "pgbench", "-i", "-q", "-s", str(scale))


def test_psql_runs_a_script(pooler: PoolerProcess) -> None:
    script = """
        CREATE TABLE t (i int, s text);
        BEGIN; INSERT INTO t VALUES (1, 'one'); COMMIT;
        BEGIN; INSERT INTO t VALUES (2, 'two'); ROLLBACK;
        SELECT * FROM t; SELECT 'several' \\; SELECT 'statements';
    """
    assert psql(pooler, script) == ["1|one", "several", "statements"]


def test_psql_copies_files_and_describes_tables(
    pooler: PoolerProcess, tmp_path: Path
) -> None:
    given, taken = tmp_path / "in", tmp_path / "out"
    given.write_text("1\tone\n2\ttwo\n")
    printed = psql(
        pooler,
        f"CREATE TABLE t (i int PRIMARY KEY, s text);\n\\copy t from {given}\n"
        f"\\copy (SELECT s, i FROM t ORDER BY i) to {taken}\n\\d t\n",
    )
    assert taken.read_text() == "one\t1\ntwo\t2\n"
    assert "i|integer||not null|" in printed


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["simple", "extended", "prepared"])
def test_sixty_four_clients_never_have_more_than_four_servers(
    pooler: PoolerProcess, protocol: str
) -> None:
    prepare(pooler)
    command = ["-n", "-S", "-M", protocol, "-c", "64", "-T", SECONDS]
    process = begin(pooler, "pgbench", *command)
    most = 0
    while process.poll() is None:
        most = max(most, len(pooler.backends()))
    printed = finish(process)
    assert "number of failed transactions: 0" in printed
    assert most == SIZE


def test_no_transaction_is_lost_or_made_twice(pooler: PoolerProcess) -> None:
    prepare(pooler, scale=5)
    printed = run(pooler, "pgbench", "-n", "-c", "20", "-t", "100")
    assert "number of transactions actually processed: 2000/2000" in printed
    with pooler.direct() as direct:
        sums = {
            direct.execute(f"SELECT {what}").fetchone()
            for what in (
                "sum(abalance) FROM pgbench_accounts",
                "sum(bbalance) FROM pgbench_branches",
                "sum(tbalance) FROM pgbench_tellers",
                "sum(delta) FROM pgbench_history",
            )
        }
        assert len(sums) == 1
        counted = direct.execute("SELECT count(*) FROM pgbench_history").fetchone()
    assert counted == (2000,)


def test_a_new_connection_for_each_transaction(pooler: PoolerProcess) -> None:
    prepare(pooler)
    printed = run(pooler, "pgbench", "-n", "-S", "-C", "-c", "10", "-t", "20")
    assert "number of transactions actually processed: 200/200" in printed


@pytest.mark.parametrize("protocol", ["extended", "prepared"])
def test_pgbench_pipelines_in_transaction_mode(
    pooler: PoolerProcess, tmp_path: Path, protocol: str
) -> None:
    prepare(pooler)
    script = tmp_path / "pipeline"
    script.write_text(
        "\\startpipeline\nBEGIN;\n"
        + "SELECT abalance FROM pgbench_accounts WHERE aid = 1;\n" * 5
        + "COMMIT;\n\\endpipeline\n"
    )
    command = ["-n", "-f", str(script), "-M", protocol, "-c", "64", "-t", "20"]
    printed = run(pooler, "pgbench", *command)
    assert "number of transactions actually processed: 1280/1280" in printed


def test_a_dump_through_the_pooler_is_a_dump(pooler: PoolerProcess) -> None:
    psql(pooler, "CREATE TABLE t (i int); INSERT INTO t VALUES (7);")
    dump = run(pooler, "pg_dump")
    assert re.search(r"COPY public\.t \(i\) FROM stdin;\n7\n", dump)
