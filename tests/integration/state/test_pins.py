"""Who keeps a server, from which statement on and until which, and how many may."""

import pytest

from tests.integration.wire import Message

from .conftest import NewStage
from .scene import Scene, assert_same
from .stage import SCARCE, Arrangement
from .test_track import PINS, TRAVELS, name_of

FOUR = Arrangement("four", 4)

_LOCK = "SELECT pg_advisory_lock(1)"
_UNLOCK = "SELECT pg_advisory_unlock(1)"
_HOLD = "DECLARE c CURSOR WITH HOLD FOR SELECT 1"

#: What pins, and what ends that.
REASONS = [
    (_LOCK, _UNLOCK),
    ("SELECT pg_advisory_lock_shared(1)", "SELECT pg_advisory_unlock_all()"),
    ("SELECT pg_try_advisory_lock(1, 2)", "SELECT pg_advisory_unlock(1, 2)"),
    ("DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$", "DISCARD ALL"),
    ("CREATE TEMP TABLE t (a int)", "DROP TABLE t"),
    ("SELECT 1 AS a INTO TEMP t", "DISCARD TEMP"),
    ("CREATE VIEW pg_temp.t AS SELECT 1", "DISCARD ALL"),
    (_HOLD, "CLOSE c"),
    (_HOLD, "CLOSE ALL"),
    (_HOLD, "DISCARD ALL"),
]

#: What pins, and nothing ends that.
FOR_GOOD = [
    "SELECT setseed(0.5)",
    "SELECT nextval('numbers'), currval('numbers')",
    "LOAD 'auto_explain'",
]

#: What is tracked, but pins where every change does.
CHANGES = [
    "SET work_mem = '7MB'",
    "SET search_path = side",
    "SET my.word = 'a'",
    "SET ROLE reader",
    "SET SESSION AUTHORIZATION reader",
    "SELECT set_config('work_mem', '7MB', false)",
    "DO $$ BEGIN SET work_mem = '7MB'; END $$",
    "BEGIN; SET work_mem = '7MB'; COMMIT",
    "PREPARE s AS SELECT 1",
]

#: What has no effect beyond its transaction.
HARMLESS = [
    "SELECT 1",
    "SET LOCAL work_mem = '7MB'",
    "BEGIN; SET LOCAL work_mem = '7MB'; COMMIT",
    "BEGIN; SET work_mem = '7MB'; ROLLBACK",
    "BEGIN; CREATE TEMP TABLE t (a int) ON COMMIT DROP; COMMIT",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT nextval('numbers')",
    "BEGIN; DECLARE c CURSOR FOR SELECT 1; COMMIT",
    "SET work_mem = 'nonsense'",
]


def errors_in(heard: list[Message]) -> list[str]:
    """Return the SQLSTATEs of what has failed."""
    return [message.error.sqlstate for message in heard if message.kind == "E"]


@pytest.mark.parametrize(("statement", "end"), REASONS)
def test_a_client_is_pinned_until_the_reason_is_gone(
    new_stage: NewStage, statement: str, end: str
) -> None:
    stage = new_stage(SCARCE)
    stage.restore()
    one = stage.voice()
    one("SELECT 1")
    stage.wait_for_pinned(0)
    one(statement)
    stage.wait_for_pinned(1)
    one("SELECT 1")
    # Neither a hint nor something that fails ends it.
    one("SELECT pg_advisory_unlock(77)")
    one("DROP TABLE absent")
    one("BEGIN; SELECT 1 / 0")
    one("ROLLBACK")
    stage.wait_for_pinned(1)
    one(end)
    stage.wait_for_pinned(0)


@pytest.mark.parametrize("statement", FOR_GOOD)
def test_what_no_catalogue_shows_pins_to_the_end(
    new_stage: NewStage, statement: str
) -> None:
    stage = new_stage(SCARCE)
    stage.restore()
    one = stage.voice()
    one(statement)
    stage.wait_for_pinned(1)
    one("SELECT 1")
    stage.wait_for_pinned(1)
    one.go()
    stage.wait_for_pinned(0)


@pytest.mark.parametrize("policy", ["track", "pin"])
def test_what_ends_with_its_transaction_pins_nobody(
    new_stage: NewStage, policy: str
) -> None:
    stage = new_stage(SCARCE, session_state=policy)
    stage.restore()
    one = stage.voice()
    for statement in HARMLESS:
        one(statement)
        stage.wait_for_pinned(0, f"after {statement}")


@pytest.mark.parametrize("statement", CHANGES)
def test_every_change_pins_where_that_is_asked_for(
    new_stage: NewStage, statement: str
) -> None:
    stage = new_stage(SCARCE, session_state="pin")
    stage.restore()
    one = stage.voice()
    one(statement)
    stage.wait_for_pinned(1)


@pytest.mark.parametrize("scene", TRAVELS + PINS, ids=name_of)
def test_pinned_clients_hear_what_postgresql_says(
    new_stage: NewStage, scene: Scene
) -> None:
    stage = new_stage(SCARCE, session_state="pin")
    assert_same(stage.by_postgresql(scene), stage.through_the_pooler(scene))


def test_one_too_many_is_refused_until_another_gives_up(new_stage: NewStage) -> None:
    stage = new_stage(SCARCE, max_pinned=1)
    stage.restore()
    one, other = stage.voice(), stage.voice()
    one(_LOCK)
    for statement in ("SELECT pg_advisory_lock(2)", "CREATE TEMP TABLE t ()", _HOLD):
        other(statement)
        (refused,) = [m.error for m in other.heard[-1][1] if m.kind == "E"]
        assert (refused.severity, refused.sqlstate) == ("ERROR", "53300")
        assert "max_pinned" in str(refused.fields)
    stage.wait_for_pinned(1)
    # What is refused has not been done.
    other("SELECT pg_advisory_unlock(2)")
    other("BEGIN; SELECT 1")
    other("SELECT pg_advisory_lock(2)")
    assert errors_in(other.heard[-1][1]) == ["53300"]
    other("SELECT 1")
    assert errors_in(other.heard[-1][1]) == ["25P02"]
    other("ROLLBACK")
    one(_UNLOCK)
    stage.wait_for_pinned(0)
    other("SELECT pg_advisory_lock(2)")
    assert errors_in(other.heard[-1][1]) == []
    stage.wait_for_pinned(1)


def test_half_of_the_pool_may_be_pinned_by_default(new_stage: NewStage) -> None:
    stage = new_stage(FOUR)
    stage.restore()
    voices = [stage.voice() for _ in range(3)]
    for number, voice in enumerate(voices):
        voice(f"SELECT pg_advisory_lock({number})")
    assert [errors_in(voice.heard[-1][1]) for voice in voices] == [[], [], ["53300"]]


def test_a_pinned_client_that_vanishes_leaves_a_clean_server(
    new_stage: NewStage,
) -> None:
    stage = new_stage(SCARCE, max_pinned=1)
    stage.restore()
    other = stage.voice()
    for statement in [start for start, _ in REASONS] + FOR_GOOD:
        one = stage.voice()
        one(statement)
        assert errors_in(one.heard[-1][1]) == [], statement
        one.leave()
        # Waits for the lock to be given back.
        other("SELECT pg_advisory_xact_lock(1)")
        other("SELECT a FROM t")
        other("FETCH 1 FROM c")
        assert errors_in(other.heard[-2][1]) == ["42P01"], statement
        assert errors_in(other.heard[-1][1]) == ["34000"], statement
