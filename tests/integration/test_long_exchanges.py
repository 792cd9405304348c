"""Exchanges that take long, in the log of a pooler in front of PostgreSQL."""

import json

from tests.fixtures.pooling import StartPooler


def test_a_long_exchange_is_told_of_with_who_ran_it_and_where(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(log_min_duration=0.05, log_format="json")
    with pooler.connect(application_name="reports") as client:
        pid = client.execute("SELECT pg_backend_pid()").fetchone()
        client.execute("SELECT pg_sleep(0.06)")
        sleeps = "SELECT pg_sleep(%s::text::float), 'b'"
        client.execute(sleeps, ("0.0712345",), prepare=True)
    assert pid is not None
    pooler.wait_for_log("closing because: client close request")
    lines = [json.loads(line) for line in pooler.log.splitlines() if line[:1] == "{"]
    simple, prepared = (line for line in lines if "duration" in line)
    assert simple["statement"] == "select pg_sleep (?)"
    assert prepared["statement"] == "select pg_sleep (? :: text :: float), ?"
    for line, least in ((simple, 0.06), (prepared, 0.07)):
        assert line["duration"] >= least
        assert line["backend_pid"] == pid[0]
        assert line["application_name"] == "reports"
    assert "0.0712345" not in pooler.log
