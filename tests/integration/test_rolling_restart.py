"""Two poolers on one port: the one goes, and no transaction is lost."""

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.fixtures.nursery import Nursery
from tests.integration.rolling import ROLLOUT, restart, roll_out, running


def place(database: str) -> str:
    """Return where a database is, for its line."""
    words = conninfo_to_dict(database)
    return " ".join(f"{name}={words[name]}" for name in ("host", "port", "dbname"))


def test_no_transaction_fails_while_one_process_replaces_another(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    with running(nursery, tmp_path, place(database)) as poolers:
        counts = restart(poolers, database, times=4)
    assert counts.failed == []


def test_no_transaction_of_a_pool_fails_in_a_rollout(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    with running(nursery, tmp_path, place(database), **ROLLOUT) as poolers:
        counts = roll_out(poolers, database, times=2)
    assert counts.failed == []
    # Its connections to the first and to the second were closed.
    assert counts.reconnects > 0
