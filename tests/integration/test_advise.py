"""The advice of a pooler that serves, and ``pgpool-py advise`` at its console."""

import pytest

from pgpool_py.cli.main import main
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler
from tests.integration.sized import PLENTY, SETTINGS, play

# The long one is `python -m tests.integration.sized`.
SECONDS = 3.0


def test_the_size_that_is_advised_is_right_and_enough(
    start_pooler: StartPooler,
) -> None:
    assert play(start_pooler(more=SETTINGS), SECONDS) == []


def test_the_console_and_postgresql_are_asked(
    start_pooler: StartPooler, capsys: pytest.CaptureFixture[str]
) -> None:
    pooler = start_pooler(more=SETTINGS)
    pooler.keep(pooler.connect()).execute("SELECT 1")
    with pooler.connect("pgbouncer") as console:
        [why] = [row[-1] for row in console.execute("SHOW ADVICE")]
    given = [pooler.dsn("pgbouncer"), "--replicas", "9", "--postgres"]
    # Nine times forty are more than max_connections.
    assert main(["advise", *given, pooler.server.dsn]) == 3
    printed = capsys.readouterr().out
    known = "not known yet"
    assert f"{DATABASE}/{USER}: pool_size {PLENTY}, recommended {known}" in printed
    assert why.startswith(("nothing was asked of it", "so far "))
    assert main(["advise", pooler.dsn("pgbouncer"), "--database", "nope"]) == 1
    assert capsys.readouterr().err.endswith(f"there are: {DATABASE}\n")
    with pooler.direct() as direct:
        [(most,)] = direct.execute("SHOW max_connections").fetchall()
        [(less,)] = direct.execute("SHOW superuser_reserved_connections").fetchall()
    assert f"PostgreSQL lets {int(most) - int(less)} in" in printed
