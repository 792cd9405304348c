"""With `session_state = reject`, what would pin fails, and the session goes on."""

import pytest

from .conftest import NewStage
from .scene import Scene, assert_same
from .scenes import parameters, protocol_statements, roles, startup, transactions
from .stage import ALTERNATING
from .test_pins import FOR_GOOD, HARMLESS, REASONS, errors_in
from .test_track import name_of

#: What goes with its client is no reason to refuse anything: one of each.
TRAVELS: list[Scene] = [
    parameters.a_value_is_kept,
    parameters.set_config_has_its_name_from_a_parameter,
    parameters.other_ways_to_write_set,
    startup.what_is_reported_comes_back,
    transactions.a_savepoint_keeps_a_part,
    transactions.batches_set_and_fail,
    roles.a_user_and_a_role,
    protocol_statements.a_statement_is_its_clients,
]


@pytest.mark.parametrize("statement", [start for start, _ in REASONS] + FOR_GOOD)
def test_what_would_pin_is_refused(new_stage: NewStage, statement: str) -> None:
    stage = new_stage(ALTERNATING, session_state="reject")
    stage.restore()
    one, other = stage.voice(), stage.voice()
    one(statement)
    (refused,) = [m.error for m in one.heard[-1][1] if m.kind == "E"]
    assert (refused.severity, refused.sqlstate) == ("ERROR", "55000")
    # The statement, and the way out.
    assert "session_state" in str(refused.fields)
    assert refused.fields.get("H")
    one("SELECT 1")
    assert errors_in(one.heard[-1][1]) == []
    one("BEGIN")
    one(statement)
    one("SELECT 1")
    one("ROLLBACK")
    one.ask(statement)
    found = [errors_in(heard) for _, heard in one.heard[-4:]]
    assert found == [["55000"], ["25P02"], [], ["55000"]]
    other("SELECT pg_try_advisory_lock(1)")
    stage.wait_for_pinned(0)


def test_what_ends_with_its_transaction_is_not_refused(new_stage: NewStage) -> None:
    stage = new_stage(ALTERNATING, session_state="reject")
    stage.restore()
    one = stage.voice()
    for statement in HARMLESS:
        one(statement)
        assert "55000" not in errors_in(one.heard[-1][1]), statement


@pytest.mark.parametrize("scene", TRAVELS, ids=name_of)
def test_what_travels_is_as_with_postgresql(new_stage: NewStage, scene: Scene) -> None:
    stage = new_stage(ALTERNATING, session_state="reject")
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))
