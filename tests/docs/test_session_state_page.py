"""docs/session-state.md says what keeps a server, in the words of SHOW PINS."""

import psycopg
import pytest

from pgpool_py.client import stateful
from pgpool_py.settings import SessionStatePolicy
from tests.fixtures.observing import Observed
from tests.fixtures.pooling import StartPooler
from tests.fixtures.waiting import until

from .page import Page, quoted

PAGE = Page("session-state.md")

#: After which statement what is held, and until when.
PINS = PAGE.rows("Pins")[1:]
STATEMENTS = [quoted(after)[0] for after, _, _ in PINS]


def test_all_policies_have_a_column() -> None:
    head = PAGE.rows("What becomes of what a client does")[0]
    columns = [quoted(cell)[0] for cell in head[1:]]
    assert columns == [str(policy) for policy in SessionStatePolicy]


def test_all_words_for_what_is_held_are_named() -> None:
    words = {
        stateful.LASTING,
        stateful.PARAMETERS,
        stateful.STATEMENTS,
        stateful.UNKNOWN_STATE,
    }
    assert words <= set(quoted(PAGE.section("Pins").replace("\n", " ")))


@pytest.mark.integration
@pytest.mark.parametrize(("after", "holds", "end"), PINS, ids=STATEMENTS)
def test_a_statement_pins_for_what_the_page_says_and_as_long(
    observed: Observed, after: str, holds: str, end: str
) -> None:
    with observed.pooler.connect() as client:
        client.execute(quoted(after)[0].encode())
        assert observed.pins() == quoted(holds)
        for statement in quoted(end):
            client.execute(statement.encode())
            assert observed.pins() == []
    until(lambda: not observed.pins(), "nobody keeps a server")


@pytest.mark.integration
@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_pins_is_refused_where_session_state_is_reject(
    start_pooler: StartPooler, statement: str
) -> None:
    pooler = start_pooler(pool_mode="transaction", session_state="reject")
    with pooler.connect() as client:
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            client.execute(statement.encode())
        assert client.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.integration
def test_with_pin_a_parameter_pins_until_it_is_what_it_was_at_login(
    observed: Observed,
) -> None:
    observed.pooler.reload(session_state="pin")
    with observed.pooler.connect() as client:
        client.execute("SET statement_timeout = '7s'")
        assert observed.pins() == [stateful.PARAMETERS]
        client.execute("RESET statement_timeout")
        assert observed.pins() == []


@pytest.mark.integration
def test_one_client_more_than_max_pinned_is_told_who_is(observed: Observed) -> None:
    # Two servers: half of them is one.
    with observed.pooler.connect() as one, observed.pooler.connect() as other:
        one.execute("SELECT pg_advisory_lock(1)")
        assert observed.pins() == ["advisory lock"]
        with pytest.raises(psycopg.errors.TooManyConnections, match="max_pinned") as no:
            other.execute("SELECT pg_advisory_lock(2)")
        assert "advisory lock" in (no.value.diag.message_detail or "")
        assert observed.pins() == ["advisory lock"]
