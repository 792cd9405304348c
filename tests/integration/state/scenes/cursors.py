"""Cursors WITH HOLD are their client's, and are there until they are closed."""

from tests.integration.state.scene import Voice

_DECLARE = "DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 9)"


def a_cursor_is_held(one: Voice, other: Voice) -> None:
    one(_DECLARE)
    other("FETCH 1 FROM c")
    one("FETCH 2 FROM c")
    other(_DECLARE)
    other("FETCH 1 FROM c")
    one("FETCH 2 FROM c")
    one("CLOSE c")
    other("FETCH 1 FROM c")
    one("FETCH 1 FROM c")
    other("CLOSE ALL")
    other("FETCH 1 FROM c")


def a_cursor_comes_of_a_transaction(one: Voice, other: Voice) -> None:
    one(f"BEGIN; {_DECLARE}; FETCH 1 FROM c; COMMIT")
    other("FETCH 1 FROM c")
    one("FETCH 1 FROM c")
    one("CLOSE c")
    one(f"BEGIN; {_DECLARE}; ROLLBACK")
    other("FETCH 1 FROM c")
    one("FETCH 1 FROM c")
    one("BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH 1 FROM c; COMMIT")
    one("FETCH 1 FROM c")
    other("FETCH 1 FROM c")


def a_cursor_is_closed_with_all_else(one: Voice, other: Voice) -> None:
    one(_DECLARE)
    one("DISCARD ALL")
    one("FETCH 1 FROM c")
    other("FETCH 1 FROM c")
    one(_DECLARE)
    one("BEGIN; CLOSE c; ROLLBACK")
    one("FETCH 1 FROM c")


def a_client_vanishes_with_a_cursor(one: Voice, other: Voice) -> None:
    one(_DECLARE)
    one.leave()
    other("FETCH 1 FROM c")
    one("FETCH 1 FROM c")
    one(_DECLARE)
    one.go()
    one("FETCH 1 FROM c")
    other("FETCH 1 FROM c")
