"""What is temporary is its client's, and is there until it is dropped."""

from tests.integration.state.scene import Voice

_READ = "SELECT a FROM t"


def a_table_is_its_clients(one: Voice, other: Voice) -> None:
    one("CREATE TEMP TABLE t AS SELECT 1 AS a")
    other(_READ)
    other("CREATE TEMPORARY TABLE t (a int); INSERT INTO t VALUES (2)")
    one(_READ)
    other(_READ)
    one("INSERT INTO t VALUES (3)")
    one("DROP TABLE t")
    one(_READ)
    other(_READ)
    other("DROP TABLE t")
    other(_READ)


def a_table_goes_with_its_transaction(one: Voice, other: Voice) -> None:
    one("BEGIN; CREATE TEMP TABLE t (a int) ON COMMIT DROP; INSERT INTO t VALUES (1)")
    one(_READ)
    one("COMMIT")
    one(_READ)
    other(_READ)
    one("BEGIN; CREATE TEMP TABLE t (a int); ROLLBACK")
    one(_READ)
    one("BEGIN; SAVEPOINT s; CREATE TEMP TABLE t (a int); ROLLBACK TO s; COMMIT")
    other(_READ)
    one(_READ)
    one("CREATE TEMP TABLE t AS SELECT 4 AS a; SELECT 1 / 0")
    one(_READ)


def rows_go_with_their_transaction(one: Voice, other: Voice) -> None:
    one("CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS")
    one("BEGIN; INSERT INTO t VALUES (1)")
    one(_READ)
    one("COMMIT")
    other(_READ)
    one(_READ)
    one("BEGIN; DROP TABLE t; ROLLBACK")
    other(_READ)
    one(_READ)
    one("DROP TABLE t")


def other_ways_to_make_one(one: Voice, other: Voice) -> None:
    for make, drop in (
        ("SELECT 1 AS a INTO TEMP t", "DROP TABLE t"),
        ("CREATE TABLE pg_temp.t AS SELECT 2 AS a", "DROP TABLE pg_temp.t"),
        ("CREATE TEMP VIEW t AS SELECT 3 AS a", "DROP VIEW t"),
        ("CREATE LOCAL TEMP TABLE t (a int)", "DISCARD TEMP"),
        ("CREATE TEMP TABLE t (a int)", "DISCARD ALL"),
        ("DO $$ BEGIN CREATE TEMP TABLE t AS SELECT 4 AS a; END $$", "DROP TABLE t"),
    ):
        one(make)
        other(_READ)
        one(_READ)
        one(drop)
        one(_READ)
        other(_READ)


def what_is_no_table(one: Voice, other: Voice) -> None:
    one("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    one("CREATE TYPE pg_temp.word AS ENUM ('a'); CREATE TEMP SEQUENCE n")
    other("SELECT pg_temp.f()")
    other("SELECT nextval('n')")
    one("SELECT pg_temp.f(), nextval('n'), 'a'::pg_temp.word::text")
    one("DROP FUNCTION pg_temp.f(); DROP TYPE pg_temp.word; DROP SEQUENCE n")
    one("SELECT nextval('n')")


def a_client_vanishes_with_a_table(one: Voice, other: Voice) -> None:
    one("CREATE TEMP TABLE t AS SELECT 1 AS a")
    one.leave()
    other(_READ)
    one(_READ)
    one("CREATE TEMP TABLE t AS SELECT 2 AS a")
    one(_READ)
    one.go()
    one(_READ)
    other(_READ)
