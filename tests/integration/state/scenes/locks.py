"""Advisory locks of the session are held by their client until it gives them back."""

from tests.integration.state.scene import Voice

_TRY = "SELECT pg_try_advisory_lock(1)"
_LOCK = "SELECT pg_advisory_lock(1)"
_UNLOCK = "SELECT pg_advisory_unlock(1)"


def a_lock_is_held(one: Voice, other: Voice) -> None:
    one(_LOCK)
    other(_TRY)
    one("SELECT 1")
    other(_TRY)
    other(_UNLOCK)
    other(_TRY)
    one(_UNLOCK)
    other(_TRY)
    one(_TRY)
    other(_UNLOCK)
    one(_TRY)
    one(_UNLOCK)


def a_lock_is_counted(one: Voice, other: Voice) -> None:
    one(_LOCK)
    one(_TRY)
    one(_UNLOCK)
    other(_TRY)
    one(_UNLOCK)
    other(_TRY)
    other("SELECT pg_advisory_unlock_all()")
    one("SELECT pg_try_advisory_lock_shared(1), pg_try_advisory_lock(2, 3)")
    other("SELECT pg_try_advisory_lock_shared(1), pg_try_advisory_lock(2, 3)")
    other("SELECT pg_advisory_unlock_shared(1)")
    one("SELECT pg_advisory_unlock_all()")
    other("SELECT pg_try_advisory_lock(1), pg_try_advisory_lock(2, 3)")
    other("SELECT pg_advisory_unlock_all()")


def a_lock_survives_a_rollback(one: Voice, other: Voice) -> None:
    one(f"BEGIN; {_LOCK}; ROLLBACK")
    other(_TRY)
    one(f"BEGIN; {_UNLOCK}; ROLLBACK")
    other(_TRY)
    other(_UNLOCK)
    one(f"{_LOCK}; SELECT 1 / 0")
    other(_TRY)
    one(_UNLOCK)
    other(_TRY)
    other(_UNLOCK)


def a_lock_of_the_transaction_ends_with_it(one: Voice, other: Voice) -> None:
    one("BEGIN; SELECT pg_advisory_xact_lock(1)")
    one("COMMIT")
    other(_TRY)
    one("SELECT pg_try_advisory_xact_lock(1)")
    other(_UNLOCK)
    one("SELECT pg_try_advisory_xact_lock(1)")
    other(_TRY)
    other(_UNLOCK)


def a_block_takes_a_lock(one: Voice, other: Voice) -> None:
    one("DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$")
    other(_TRY)
    one(_UNLOCK)
    other(_TRY)
    other(_UNLOCK)


def discard_all_gives_locks_back(one: Voice, other: Voice) -> None:
    one(_LOCK)
    other(_TRY)
    one("DISCARD ALL")
    other(_TRY)
    other("DISCARD ALL")


def a_client_vanishes_with_a_lock(one: Voice, other: Voice) -> None:
    one(_LOCK)
    other(_TRY)
    one.leave()
    other(_LOCK)
    one(_TRY)
    other.go()
    one(_LOCK)
    one(_UNLOCK)
