"""Two poolers on one port: the one goes, and no transaction is lost."""

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.fixtures.nursery import Nursery
from tests.integration.rolling import restart, running


def test_no_transaction_fails_while_one_process_replaces_another(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    words = conninfo_to_dict(database)
    place = " ".join(f"{name}={words[name]}" for name in ("host", "port", "dbname"))
    with running(nursery, tmp_path, place) as poolers:
        counts = restart(poolers, database, times=4)
    assert counts.failed == []
