"""Whether a pooler serves, and why if it does not."""

from dataclasses import replace

import pytest

from pgpool_py.insight.condition import Condition, State, state_of
from pgpool_py.pooler.stopping import Stopping
from tests.pooler.staging import Stage


@pytest.mark.parametrize(
    ("condition", "ready", "said"),
    [
        (Condition(State.READY), True, "ready"),
        (Condition(State.PAUSED), True, "paused"),
        (Condition(State.SUSPENDED), False, "suspended"),
        (Condition(State.DRAINING), False, "draining"),
        (Condition(State.STOPPED), False, "stopped"),
        (Condition(State.READY, "down"), False, "not ready: down"),
        (Condition(State.DRAINING, "down"), False, "draining"),
    ],
)
def test_what_serves_is_ready_and_all_else_says_why(
    condition: Condition, ready: bool, said: str
) -> None:
    assert (condition.is_ready, str(condition)) == (ready, said)


def test_of_several_states_the_one_nearest_to_the_end_counts(stage: Stage) -> None:
    pooler = stage.pooler
    assert state_of(pooler) is State.READY
    pooler.pause()
    assert state_of(pooler) is State.PAUSED
    pooler.suspend()
    assert state_of(pooler) is State.SUSPENDED
    stage.client(stage.pool())
    pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    assert state_of(pooler) is State.DRAINING
    pooler.shut_down(Stopping.NOW)
    assert state_of(pooler) is State.STOPPED


def test_a_grace_in_which_all_is_as_before_is_draining_for_probes(
    stage: Stage,
) -> None:
    pooler = stage.pooler
    pooler.context.settings = replace(stage.settings, shutdown_grace=30.0)
    pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    assert state_of(pooler) is State.DRAINING
