"""The owner of the pooler on its console, by the unix socket."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.pooling import StartPooler

CONSOLE = "pgbouncer"


def test_the_owner_comes_in_by_the_unix_socket_without_a_password(
    start_pooler: StartPooler, tmp_path: Path
) -> None:
    pooler = start_pooler(auth_type="scram-sha-256", unix_socket_dir=str(tmp_path))
    where = {"host": str(tmp_path), "user": CONSOLE}
    with pooler.connect(CONSOLE, **where) as console:
        assert console.execute(b"PAUSE").statusmessage == "PAUSE"
        # It works while everything is paused, and while it shuts down.
        console.execute(b"SHUTDOWN WAIT_FOR_CLIENTS")
        with pooler.connect(CONSOLE, **where) as another:
            assert another.execute(b"SHOW POOLS", prepare=True).fetchall()
    assert pooler.wait() == 0
    who = rf" C-0x\w+: {CONSOLE}/{CONSOLE}@\S+ "
    assert re.search(who + "pgbouncer access from unix socket", pooler.log)


def test_the_owners_name_needs_a_password_elsewhere(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(auth_type="plain")
    with pytest.raises(psycopg.OperationalError, match="password"):
        pooler.connect(CONSOLE, user=CONSOLE)
