"""Tests of ``pgpool_py/sql/containment.py``."""

import pytest

from pgpool_py.sql.classify import classify


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT * FROM t WHERE id = $1 ORDER BY (a) LIMIT 1;",
        "(SELECT count(*), max(a), pg_catalog.lower(b) FROM t GROUP BY (c))",
        "VALUES (1), (2)",
        "TABLE t",
        "WITH x AS (SELECT now()) SELECT * FROM x",
        "WITH RECURSIVE x(a) AS (SELECT 1) SELECT * FROM x AS y(b)",
        "SELECT a::numeric(10, 2), CAST(b AS varchar(3)), extract(year FROM c) FROM t",
        "SELECT sum(a) FILTER (WHERE a > 1) OVER (PARTITION BY (b)) FROM t",
    ],
)
def test_what_only_reads_may_be_run_twice(text: str) -> None:
    found = classify(text.encode())

    assert found.rerunnable
    assert found.self_contained


@pytest.mark.parametrize(
    "text",
    [
        "SELECT random()",
        "SELECT nextval('s')",
        "SELECT pg_backend_pid()",
        "SELECT txid_current()",
        "SELECT current_setting('a')",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT \"lower\"('A')",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t FOR NO KEY UPDATE",
        "SELECT * FROM t FOR KEY SHARE",
        "INSERT INTO t (a, b) VALUES (1, now()) RETURNING a",
        "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET (a, b) = (1, 2)",
        "UPDATE t SET a = a + 1",
        "DELETE FROM t",
        "MERGE INTO t USING u ON true WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
        "WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x",
    ],
)
def test_what_writes_or_tells_another_story_is_self_contained(text: str) -> None:
    found = classify(text.encode())

    assert found.self_contained
    assert not found.rerunnable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "SELECT f(1)",
        "SELECT public.lower('A')",
        "SELECT set_config('a', 'b', true)",
        "SELECT query_to_xml('SELECT 1', true, true, '')",
        "SELECT pg_terminate_backend(1)",
        "SELECT 1 INTO t",
        "SELECT 1 insert INTO t",
        "SELECT pg_advisory_lock(1)",
        "COPY t TO STDOUT",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN SELECT 1",
        "BEGIN",
        "CALL p()",
        "DO 'x'",
        "SHOW a",
        "VACUUM",
        "SELECT 'a\\'",
    ],
)
def test_others_are_not_self_contained(text: str) -> None:
    found = classify(text.encode())

    assert not found.self_contained
    assert not found.rerunnable
