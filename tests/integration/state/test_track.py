"""With `session_state = track`, two clients hear what PostgreSQL would say."""

import pytest

from .conftest import NewStage
from .scene import Scene, assert_same
from .scenes import (
    cursors,
    lasting,
    listening,
    locks,
    parameters,
    protocol_statements,
    roles,
    scenes_of,
    sql_statements,
    startup,
    temporary,
    transactions,
)
from .stage import ALTERNATING, PINNING, ROTATING, SCARCE, Arrangement

#: What goes with its client from server to server.
TRAVELS = scenes_of(
    parameters,
    transactions,
    startup,
    roles,
    protocol_statements,
    listening,
)
#: A PREPARE beside other statements in one text keeps its client at its server.
PREPARED_BESIDE = [
    sql_statements.names_are_folded_and_quoted,
    sql_statements.a_statement_survives_its_transaction,
    sql_statements.several_in_one_query,
]
#: On a server that prepares it anew, a statement has the columns of its table of now.
PREPARED_ANEW = [sql_statements.a_table_changes]
#: Which parameters there are that have a dot, PostgreSQL does not tell.
NAMED_ELSEWHERE = [parameters.set_config_has_its_name_from_a_row]
TRAVELS = [scene for scene in TRAVELS if scene not in NAMED_ELSEWHERE]
TRAVELS += [
    scene
    for scene in scenes_of(sql_statements)
    if scene not in PREPARED_BESIDE + PREPARED_ANEW
]
#: What keeps its client at its server.
PINS = scenes_of(locks, temporary, cursors, lasting) + NAMED_ELSEWHERE
LASTS = scenes_of(lasting) + NAMED_ELSEWHERE


def name_of(value: Scene | Arrangement) -> str:
    """Return what a test is called by."""
    if isinstance(value, Arrangement):
        return value.name
    return f"{value.__module__.rpartition('.')[2]}: {value.__name__}"


@pytest.mark.parametrize("arrangement", [ALTERNATING, ROTATING], ids=name_of)
@pytest.mark.parametrize("scene", TRAVELS, ids=name_of)
def test_what_travels_is_as_with_postgresql(
    new_stage: NewStage, scene: Scene, arrangement: Arrangement
) -> None:
    stage = new_stage(arrangement)
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))
    stage.wait_for_pinned(0)


@pytest.mark.parametrize("arrangement", [SCARCE, PINNING], ids=name_of)
@pytest.mark.parametrize("scene", PREPARED_BESIDE, ids=name_of)
def test_what_is_prepared_beside_others_stays_with_its_client(
    new_stage: NewStage, scene: Scene, arrangement: Arrangement
) -> None:
    stage = new_stage(arrangement)
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))


@pytest.mark.parametrize("scene", PREPARED_ANEW, ids=name_of)
def test_what_one_server_has_is_as_with_postgresql(
    new_stage: NewStage, scene: Scene
) -> None:
    stage = new_stage(ALTERNATING)
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))


@pytest.mark.parametrize("arrangement", [SCARCE, PINNING], ids=name_of)
@pytest.mark.parametrize("scene", PINS, ids=name_of)
def test_what_cannot_travel_is_as_with_postgresql(
    new_stage: NewStage, scene: Scene, arrangement: Arrangement
) -> None:
    stage = new_stage(arrangement)
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))
    if scene not in LASTS:
        # Each of these scenes ends with nothing held.
        stage.wait_for_pinned(0)
