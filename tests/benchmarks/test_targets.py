"""Tests of ``benchmarks/targets.py``."""

from pathlib import Path

from benchmarks import ours, targets
from benchmarks.endpoint import Endpoint

ENDPOINT = Endpoint("127.0.0.1", 5432, "bench", "bench", "secret words")


def test_every_pooler_gets_the_settings_of_the_case() -> None:
    config = targets.PoolerConfig(pool_size=8, auth_type="scram-sha-256")
    text = targets.ini(config, ENDPOINT, 6432, Path("/nowhere/userlist.txt"))
    assert "default_pool_size = 8\n" in text
    assert "auth_type = scram-sha-256\n" in text
    assert "listen_port = 6432\n" in text


def test_what_is_added_stands_over_the_settings_of_the_case() -> None:
    more = {"default_pool_size": "2", "multiplexing_depth": "8"}
    lines = targets.ini(
        targets.PoolerConfig(), ENDPOINT, 6432, Path("/nowhere"), more
    ).splitlines()
    assert [line for line in lines if line.startswith("default_pool_size")] == [
        "default_pool_size = 2"
    ]
    assert lines[-1] == "multiplexing_depth = 8"


def test_only_our_pooler_is_told_what_pgbouncer_would_refuse() -> None:
    config = targets.PoolerConfig(multiplexing="auto")
    theirs = targets.Program("pgbouncer", ("pgbouncer",), "", None)
    mine = ours.program(("pgpool-py",), "", None)
    assert targets.own_settings(theirs, config) == {}
    assert targets.own_settings(mine, config) == {"multiplexing": "auto"}
    assert targets.own_settings(mine, targets.PoolerConfig()) == {}


def test_what_is_asked_for_stands_over_what_a_case_says() -> None:
    config = targets.PoolerConfig(multiplexing="auto")
    program = ours.program(("pgpool-py",), "", None)
    mine = ours.told(program, "off", {"multiplexing": "off"})
    assert mine.name == "off"
    assert targets.own_settings(mine, config) == {"multiplexing": "off"}


def test_where_it_is_to_answer_by_http_a_port_is_chosen() -> None:
    program = ours.program(("pgpool-py",), "", None)
    mine = ours.told(program, "watched", {targets.HTTP: ""})
    own = targets.own_settings(mine, targets.PoolerConfig())
    assert int(own[targets.HTTP]) > 0
