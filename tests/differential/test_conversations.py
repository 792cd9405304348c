"""The pooler says to each client what PostgreSQL would say."""

import runpy
import sys

import pytest
from hypothesis import Phase, given, settings

from pgpool_py.embedded import EmbeddedPostgres

from .conftest import NewRig
from .conversation import Conversation
from .features import supported
from .generator import Size, conversations, seeded
from .report import report
from .rig import Rig


def judge(rig: Rig, conversation: Conversation, origin: str) -> None:
    """Fail with a report if there is a difference."""
    difference = rig.judge(conversation)
    if difference is not None:
        pytest.fail(report(difference, conversation, origin))


@pytest.mark.parametrize(
    ("size", "examples"),
    [
        (Size(clients=4, servers=2), 110),
        (Size(clients=3, servers=1), 60),
        (Size(clients=8, servers=3, successors=3), 30),
    ],
    ids=str,
)
def test_any_conversation_is_that_with_postgresql(
    new_rig: NewRig, pooled: EmbeddedPostgres, size: Size, examples: int
) -> None:
    rig = new_rig(size.servers)
    features = supported(pooled.version[0])

    # The same ones at each run, at a desk too: a new difference belongs to a change.
    # To look for others there is the soak.
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(conversations(size, features))
    def judge_any(conversation: Conversation) -> None:
        judge(rig, conversation, "Hypothesis' choices")

    judge_any()


def test_seeded_conversations_are_those_with_postgresql(
    new_rig: NewRig, pooled: EmbeddedPostgres
) -> None:
    rig = new_rig(3)
    size = Size(clients=12, servers=3, successors=4, parts=8)
    features = supported(pooled.version[0])
    for seed in range(12):
        judge(rig, seeded(seed, size, features), f"seed {seed}")


def test_the_soak_plays_a_seed_and_ends_with_status_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["0", "--clients", "3", "--servers", "1", "--seed", "5"]
    monkeypatch.setattr(sys, "argv", ["soak", *options])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("tests.differential", run_name="__main__")
    assert end.value.code == 0
    assert "no difference: 1 conversations, seeds 5 to 5" in capsys.readouterr().out
