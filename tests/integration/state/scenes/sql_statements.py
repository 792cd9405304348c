"""PREPARE, EXECUTE, DEALLOCATE: statements prepared in SQL go with their client."""

from tests.integration.state.scene import Voice


def a_statement_is_its_clients(one: Voice, other: Voice) -> None:
    one("PREPARE s (int) AS SELECT 'of one', $1 + 1")
    other("EXECUTE s (1)")
    one("EXECUTE s (1)")
    other("PREPARE s AS SELECT 'of other'")
    one("EXECUTE s (2)")
    other("EXECUTE s")
    one("DEALLOCATE s")
    other("EXECUTE s")
    one("EXECUTE s (3)")
    one("DEALLOCATE s")
    other("DEALLOCATE PREPARE s")
    other("EXECUTE s")


def a_statement_is_there_already(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT 1")
    other("PREPARE s AS SELECT 2")
    one("PREPARE s AS SELECT 3")
    other("SELECT 'between'")
    one("PREPARE s AS SELECT 3")
    one("EXECUTE s")
    one("PREPARE t AS SELECT nonsense FROM nowhere")
    one("EXECUTE t")
    one("PREPARE t AS nonsense")


def names_are_folded_and_quoted(one: Voice, other: Voice) -> None:
    one('PREPARE S AS SELECT 1; PREPARE "S" AS SELECT 2; PREPARE "a b""c" AS SELECT 3')
    other("SELECT 'between'")
    one("EXECUTE s")
    one('EXECUTE "S"')
    one('EXECUTE "a b""c"')
    one("/* in front */ execute -- behind\n S ;")
    long = "n" * 70
    one(f"PREPARE {long} AS SELECT 4")
    other("SELECT 'between'")
    one(f"EXECUTE {long[:63]}")
    one(f"DEALLOCATE {long}")
    one(f"EXECUTE {long}")


def a_statement_survives_its_transaction(one: Voice, other: Voice) -> None:
    one("BEGIN; PREPARE s AS SELECT 'still there'; ROLLBACK")
    other("EXECUTE s")
    one("EXECUTE s")
    one("BEGIN; DEALLOCATE s; ROLLBACK")
    other("SELECT 'between'")
    one("EXECUTE s")
    one("BEGIN; SELECT 1 / 0")
    one("PREPARE s AS SELECT 1")
    one("EXECUTE s")
    one("DEALLOCATE s")
    one("ROLLBACK")
    one("EXECUTE s")
    one("PREPARE s AS SELECT 'in front'; SELECT 1 / 0; PREPARE t AS SELECT 2")
    other("SELECT 'between'")
    one("EXECUTE s")
    one("EXECUTE t")


def all_of_them_go(one: Voice, other: Voice) -> None:
    for way in ("DEALLOCATE ALL", "DEALLOCATE PREPARE ALL", "DISCARD ALL"):
        one("PREPARE s AS SELECT 1")
        other("PREPARE s AS SELECT 2")
        one(way)
        one("EXECUTE s")
        other("EXECUTE s")
        other("DEALLOCATE s")
        one("PREPARE s AS SELECT 3")
        other("EXECUTE s")
        one("EXECUTE s")
        one("DEALLOCATE s")


def statements_are_used_within_others(one: Voice, other: Voice) -> None:
    one("PREPARE s (int) AS SELECT $1 AS a")
    other("SELECT 'between'")
    one("EXPLAIN (COSTS off) EXECUTE s (1)")
    other("SELECT 'between'")
    one("CREATE TABLE made AS EXECUTE s (2)")
    other("TABLE made")
    one("EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) EXECUTE s (3)")
    one("PREPARE i (int) AS INSERT INTO made VALUES ($1) RETURNING a")
    other("SELECT 'between'")
    one("EXECUTE i (3); EXECUTE i (4)")
    other("TABLE made")


def several_in_one_query(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT 1; EXECUTE s; DEALLOCATE s; PREPARE s AS SELECT 2")
    other("EXECUTE s")
    one("EXECUTE s; PREPARE t AS SELECT 3; EXECUTE t")
    other("SELECT 'between'")
    one("EXECUTE t; EXECUTE s")
    one("DEALLOCATE s; EXECUTE s; DEALLOCATE t")
    other("SELECT 'between'")
    one("EXECUTE t")
    one("EXECUTE s")


def names_are_looked_up_when_it_runs(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT schema FROM here")
    one("SET search_path = side")
    other("SELECT 'between'")
    one("EXECUTE s")
    one("RESET search_path")
    other("SELECT 'between'")
    one("EXECUTE s")


def literals_stay_what_they_were(one: Voice, other: Voice) -> None:
    one("SET TimeZone = 'Asia/Tokyo'")
    one("PREPARE s AS SELECT extract(epoch FROM timestamptz '2020-01-01 00:00')::int")
    one("SET TimeZone = 'UTC'")
    other("SELECT 'between'")
    one("EXECUTE s")
    one("SET DateStyle = 'ISO, DMY'")
    one("BEGIN; SET LOCAL DateStyle = 'ISO, MDY'")
    one("PREPARE d AS SELECT date '02/03/2020'")
    one("COMMIT")
    other("SELECT 'between'")
    one("EXECUTE d")


def a_table_changes(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT * FROM here")
    other("SELECT 'between'")
    one("EXECUTE s")
    other("ALTER TABLE here ADD more int")
    one("EXECUTE s")
    other("ALTER TABLE here DROP more")
    one("EXECUTE s")
    other("DROP TABLE here")
    one("EXECUTE s")


def protocol_and_sql_share_names(one: Voice, other: Voice) -> None:
    one("PREPARE s (int) AS SELECT $1")
    other("SELECT 'between'")
    one.bind("s", b"1")
    one.parse("s", "SELECT 2")
    other("SELECT 'between'")
    one.close("s")
    other("SELECT 'between'")
    one("EXECUTE s (1)")
    one.batch("PREPARE s AS SELECT 3", "EXECUTE s")
    other("SELECT 'between'")
    one.batch("EXECUTE s", "DEALLOCATE s", "EXECUTE s")
    one("EXECUTE s")


def the_next_client_has_none(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT 1")
    one.leave()
    one("EXECUTE s")
    other("EXECUTE s")
    one("PREPARE s AS SELECT 2")
    other("PREPARE s AS SELECT 3")
    one("EXECUTE s")
