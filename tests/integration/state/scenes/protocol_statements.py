"""Statements prepared by Parse go with their client."""

from tests.integration.state.scene import Voice


def a_statement_is_its_clients(one: Voice, other: Voice) -> None:
    one.parse("s", "SELECT 'of one', $1::int")
    other.bind("s", b"1")
    other.parse("s", "SELECT 'of other', $1::text")
    one.bind("s", b"1")
    other.bind("s", b"x")
    one.parse("s", "SELECT 3")
    one.bind("s", b"2")
    one.close("s")
    one.bind("s", b"2")
    other.bind("s", b"y")


def a_statement_survives_what_it_survives(one: Voice, other: Voice) -> None:
    one("BEGIN")
    one.parse("s", "SELECT 'still there'")
    one("ROLLBACK")
    other.bind("s")
    one.bind("s")
    one("DISCARD PLANS; DISCARD SEQUENCES")
    one.bind("s")
    one("DEALLOCATE s")
    other("SELECT 1")
    one.bind("s")
    one.parse("s", "SELECT 1 / 0")
    one.bind("s")
    other("SELECT 1")
    one.bind("s")
    one("DISCARD ALL")
    one.bind("s")


def a_statement_is_run_by_sql(one: Voice, other: Voice) -> None:
    one.parse("s", "SELECT $1::int + 1")
    other("EXECUTE s (1)")
    one("EXECUTE s (1)")
    other("PREPARE s AS SELECT 'of other'")
    one("EXECUTE s (1)")
    other.bind("s")
    one("PREPARE s AS SELECT 1")
    one("DEALLOCATE s")
    other.bind("s")
    one.bind("s", b"1")
    other("DEALLOCATE ALL")
    other.bind("s")
