"""Clients that the log tells more of, in a whole pooler."""

import logging
from dataclasses import replace

import pytest

from pgpool_py.client.observed import ObservedSession
from pgpool_py.client.session import ClientSession
from tests.pooler.sharing import Share, answers, batch_answers, prepared, uses

NAME = "pgpool_py.client.observed"


def test_where_nobody_asks_for_it_a_client_is_not_observed(share: Share) -> None:
    shared = share()
    kinds = {type(session) for session in shared.sessions.values()}
    assert kinds == {ClientSession}


def test_those_that_share_a_server_are_told_of_each_for_itself(
    share: Share, caplog: pytest.LogCaptureFixture
) -> None:
    shared = share(log_min_duration=1.0, multiplexing_patience=60.0)
    prepared(shared, 1)
    shared.ask(0)
    shared.send(shared.clients[1], uses("s"))
    shared.ask(2)
    caplog.set_level(logging.INFO, NAME)
    shared.let_pass(1.5)
    shared.send(shared.servers[0], answers(0))
    shared.let_pass(2.0)
    shared.send(shared.servers[0], batch_answers(1, parsed=False))
    shared.let_pass(0.5)
    shared.send(shared.servers[0], answers(2))
    (server,) = (*shared.pool.books.idle, *shared.pool.books.busy)
    told = [one.getMessage() for one in caplog.records if one.name == NAME]
    # The last one was the first for less than that.
    assert told == [
        f"duration: 1.500 s (backend {server.pid}), statement: select ?",
        f"duration: 2.000 s (backend {server.pid}), statement: select ?",
    ]


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_at_level_debug_all_clients_are(
    share: Share, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(level, "pgpool_py.pooler.entry")
    shared = share()
    observed = {isinstance(one, ObservedSession) for one in shared.sessions.values()}
    assert observed == {level == logging.DEBUG}


def test_a_reload_changes_what_is_long(
    share: Share, caplog: pytest.LogCaptureFixture
) -> None:
    shared = share(log_min_duration=1.0)
    pooler = shared.house.pooler
    settings = replace(pooler.settings, log_min_duration=5.0)
    pooler.reload(settings, pooler.context.secrets)
    caplog.set_level(logging.INFO, NAME)
    shared.ask(0)
    shared.let_pass(2.0)
    shared.answer(0)
    assert not [one for one in caplog.records if one.name == NAME]
