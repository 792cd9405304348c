"""Replies that are for us while a server is a client's."""

import pytest

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.answers import MOST_BYTES, Answers
from pgpool_py.server.connection import ServerConnection
from pgwire.exchange import PlanStale, StatementsDropped
from tests.fixtures.connections import FakeOwner
from tests.fixtures.hand import Wire

Idle = tuple[ServerConnection, Wire]


class ToldOwner(FakeOwner):
    """An owner that keeps the error it is closed with."""

    error: PoolerError | None = None

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        super().on_server_closed(error, reason)
        self.error = error


@pytest.fixture
def owner() -> ToldOwner:
    return ToldOwner()


@pytest.fixture
def answers(owner: ToldOwner) -> Answers:
    return Answers(owner, 5.0)


def test_replies_are_collected_and_nobody_gets_them(
    answers: Answers, owner: ToldOwner
) -> None:
    answers.deliver(memoryview(b"ab"))
    answers.deliver(memoryview(b"c"))
    assert answers.replies == b"abc"
    assert owner.delivered == b""


def test_as_much_as_there_may_be_is_kept(answers: Answers) -> None:
    answers.deliver(memoryview(bytes(MOST_BYTES)))
    assert len(answers.replies) == MOST_BYTES


def test_of_too_long_an_answer_nothing_is_kept(answers: Answers) -> None:
    answers.deliver(memoryview(bytes(MOST_BYTES)))
    answers.deliver(memoryview(b"x"))
    answers.deliver(memoryview(b"the end of it"))
    assert answers.replies == b""


def test_what_is_the_owners_business_is_passed_on(
    answers: Answers, owner: ToldOwner
) -> None:
    answers.on_parameter("TimeZone", "CET")
    answers.on_server_drained()
    assert owner.calls == ["parameter TimeZone=CET", "drained"]


def test_what_is_not_stays_here(answers: Answers, owner: ToldOwner, idle: Idle) -> None:
    server, _ = idle
    answers.on_linked(server)
    answers.on_answered(server)
    answers.on_transaction(server, ready=True)
    answers.on_copy_in(server)
    answers.on_rolled_back(server)
    answers.on_event(server, StatementsDropped())
    answers.on_event(server, PlanStale(b""))
    assert answers.in_own_names(b"pgpool_00", altered=False) == b"pgpool_00"
    assert not answers.refuses_transactions
    assert owner.calls == []


def test_an_owner_whose_server_goes_hears_why_though_ours_was_running(
    answers: Answers, owner: ToldOwner
) -> None:
    # None: the server said it itself, to us.
    answers.on_server_closed(None, Reason.SERVER_FATAL)
    assert owner.calls == [f"closed: {Reason.SERVER_FATAL}"]
    assert owner.error is not None
    assert owner.error.sqlstate == "08006"
    assert owner.error.detail == "No statement was running."


def test_a_server_that_took_too_long_to_answer_is_not_said_to_have_crashed(
    answers: Answers, owner: ToldOwner
) -> None:
    answers.on_server_closed(None, Reason.EXAMINATION_FAILED)
    assert owner.error is not None
    assert owner.error.message.startswith("session state could not be found out")
    assert "server_drain_timeout is 5 s." in str(owner.error.detail)
