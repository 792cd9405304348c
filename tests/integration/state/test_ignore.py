"""With `session_state = ignore` nothing is done about it, as with PgBouncer."""

import pytest

from .conftest import NewStage
from .scene import Scene, assert_same
from .scenes import leaking, scenes_of
from .stage import ALTERNATING
from .test_track import name_of


@pytest.mark.parametrize("scene", scenes_of(leaking), ids=name_of)
def test_a_server_is_handed_on_as_it_is(new_stage: NewStage, scene: Scene) -> None:
    stage = new_stage(ALTERNATING, session_state="ignore")
    assert_same(stage.on_one_connection(scene), stage.through_the_pooler(scene))
