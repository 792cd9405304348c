"""A role that is gone ends its client, before anything runs as somebody else."""

import pytest

from pgwire.frontend import Query
from tests.integration.test_limits import ended
from tests.integration.wire import log_in

from .conftest import NewStage
from .stage import ALTERNATING, ROTATING, Arrangement
from .test_track import name_of


@pytest.mark.parametrize("arrangement", [ALTERNATING, ROTATING], ids=name_of)
@pytest.mark.parametrize(
    "becomes", ["SET ROLE reader", "SET SESSION AUTHORIZATION reader"]
)
def test_nothing_runs_for_whom_a_client_no_longer_is(
    new_stage: NewStage, arrangement: Arrangement, becomes: str
) -> None:
    stage = new_stage(arrangement)
    stage.restore()
    one, other = log_in(stage.pooler), log_in(stage.pooler)
    other.query("CREATE TABLE written (n int); GRANT ALL ON written TO public")
    one.query(becomes)
    other.query("DROP OWNED BY reader; DROP ROLE reader")
    one.send(Query(b"INSERT INTO written VALUES (1)").encode())
    error = ended(one)
    assert (error.severity, error.sqlstate) == ("FATAL", "22023")
    for _ in range(4):
        assert other.value("SELECT count(*) FROM written") == "0"
        assert other.value("SELECT current_user") == "postgres"
        assert other.value("SELECT session_user") == "postgres"
