CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b mood); CREATE DOMAIN small AS int; CREATE TYPE span AS RANGE (subtype = float8)
----
CREATE TABLE t (id serial PRIMARY KEY, m mood, p pair[], s small, r span, j jsonb, x int4multirange)
----

                    SELECT
                        current_setting('jit') AS cur,
                        set_config('jit', 'off', false) AS new
                    
----
WITH RECURSIVE typeinfo_tree(
    oid, ns, name, kind, basetype, elemtype, elemdelim,
    range_subtype, attrtypoids, attrnames, depth)
AS (
    SELECT
        ti.oid, ti.ns, ti.name, ti.kind, ti.basetype,
        ti.elemtype, ti.elemdelim, ti.range_subtype,
        ti.attrtypoids, ti.attrnames, 0
    FROM
            (
        SELECT
            t.oid                           AS oid,
            ns.nspname                      AS ns,
            t.typname                       AS name,
            t.typtype                       AS kind,
            (CASE WHEN t.typtype = 'd' THEN
                (WITH RECURSIVE typebases(oid, depth) AS (
                    SELECT
                        t2.typbasetype      AS oid,
                        0                   AS depth
                    FROM
                        pg_type t2
                    WHERE
                        t2.oid = t.oid

                    UNION ALL

                    SELECT
                        t2.typbasetype      AS oid,
                        tb.depth + 1        AS depth
                    FROM
                        pg_type t2,
                        typebases tb
                    WHERE
                       tb.oid = t2.oid
                       AND t2.typbasetype != 0
               ) SELECT oid FROM typebases ORDER BY depth DESC LIMIT 1)

               ELSE NULL
            END)                            AS basetype,
            t.typelem                       AS elemtype,
            elem_t.typdelim                 AS elemdelim,
            COALESCE(
                range_t.rngsubtype,
                multirange_t.rngsubtype)    AS range_subtype,
            (CASE WHEN t.typtype = 'c' THEN
                (SELECT
                    array_agg(ia.atttypid ORDER BY ia.attnum)
                FROM
                    pg_attribute ia
                    INNER JOIN pg_class c
                        ON (ia.attrelid = c.oid)
                WHERE
                    ia.attnum > 0 AND NOT ia.attisdropped
                    AND c.reltype = t.oid)

                ELSE NULL
            END)                            AS attrtypoids,
            (CASE WHEN t.typtype = 'c' THEN
                (SELECT
                    array_agg(ia.attname::text ORDER BY ia.attnum)
                FROM
                    pg_attribute ia
                    INNER JOIN pg_class c
                        ON (ia.attrelid = c.oid)
                WHERE
                    ia.attnum > 0 AND NOT ia.attisdropped
                    AND c.reltype = t.oid)

                ELSE NULL
            END)                            AS attrnames
        FROM
            pg_catalog.pg_type AS t
            INNER JOIN pg_catalog.pg_namespace ns ON (
                ns.oid = t.typnamespace)
            LEFT JOIN pg_type elem_t ON (
                t.typlen = -1 AND
                t.typelem != 0 AND
                t.typelem = elem_t.oid
            )
            LEFT JOIN pg_range range_t ON (
                t.oid = range_t.rngtypid
            )
            LEFT JOIN pg_range multirange_t ON (
                t.oid = multirange_t.rngmultitypid
            )
    )
 AS ti
    WHERE
        ti.oid = any($1::oid[])

    UNION ALL

    SELECT
        ti.oid, ti.ns, ti.name, ti.kind, ti.basetype,
        ti.elemtype, ti.elemdelim, ti.range_subtype,
        ti.attrtypoids, ti.attrnames, tt.depth + 1
    FROM
            (
        SELECT
            t.oid                           AS oid,
            ns.nspname                      AS ns,
            t.typname                       AS name,
            t.typtype                       AS kind,
            (CASE WHEN t.typtype = 'd' THEN
                (WITH RECURSIVE typebases(oid, depth) AS (
                    SELECT
                        t2.typbasetype      AS oid,
                        0                   AS depth
                    FROM
                        pg_type t2
                    WHERE
                        t2.oid = t.oid

                    UNION ALL

                    SELECT
                        t2.typbasetype      AS oid,
                        tb.depth + 1        AS depth
                    FROM
                        pg_type t2,
                        typebases tb
                    WHERE
                       tb.oid = t2.oid
                       AND t2.typbasetype != 0
               ) SELECT oid FROM typebases ORDER BY depth DESC LIMIT 1)

               ELSE NULL
            END)                            AS basetype,
            t.typelem                       AS elemtype,
            elem_t.typdelim                 AS elemdelim,
            COALESCE(
                range_t.rngsubtype,
                multirange_t.rngsubtype)    AS range_subtype,
            (CASE WHEN t.typtype = 'c' THEN
                (SELECT
                    array_agg(ia.atttypid ORDER BY ia.attnum)
                FROM
                    pg_attribute ia
                    INNER JOIN pg_class c
                        ON (ia.attrelid = c.oid)
                WHERE
                    ia.attnum > 0 AND NOT ia.attisdropped
                    AND c.reltype = t.oid)

                ELSE NULL
            END)                            AS attrtypoids,
            (CASE WHEN t.typtype = 'c' THEN
                (SELECT
                    array_agg(ia.attname::text ORDER BY ia.attnum)
                FROM
                    pg_attribute ia
                    INNER JOIN pg_class c
                        ON (ia.attrelid = c.oid)
                WHERE
                    ia.attnum > 0 AND NOT ia.attisdropped
                    AND c.reltype = t.oid)

                ELSE NULL
            END)                            AS attrnames
        FROM
            pg_catalog.pg_type AS t
            INNER JOIN pg_catalog.pg_namespace ns ON (
                ns.oid = t.typnamespace)
            LEFT JOIN pg_type elem_t ON (
                t.typlen = -1 AND
                t.typelem != 0 AND
                t.typelem = elem_t.oid
            )
            LEFT JOIN pg_range range_t ON (
                t.oid = range_t.rngtypid
            )
            LEFT JOIN pg_range multirange_t ON (
                t.oid = multirange_t.rngmultitypid
            )
    )
 ti,
        typeinfo_tree tt
    WHERE
        (tt.elemtype IS NOT NULL AND ti.oid = tt.elemtype)
        OR (tt.attrtypoids IS NOT NULL AND ti.oid = any(tt.attrtypoids))
        OR (tt.range_subtype IS NOT NULL AND ti.oid = tt.range_subtype)
        OR (tt.basetype IS NOT NULL AND ti.oid = tt.basetype)
)

SELECT DISTINCT
    *,
    basetype::regtype::text AS basetype_name,
    elemtype::regtype::text AS elemtype_name,
    range_subtype::regtype::text AS range_subtype_name
FROM
    typeinfo_tree
ORDER BY
    depth DESC

----

                SELECT
                    set_config('jit', $1, false)
                
----
SELECT * FROM t WHERE m = $1 AND p = $2
----
INSERT INTO t (m, j) VALUES ($1, $2) RETURNING id
----
SELECT count(*) FROM t WHERE id = ANY($1::int[])
----
INSERT INTO t (s) VALUES ($1)
----
BEGIN;
----
SAVEPOINT __asyncpg_8__;
----
SELECT 1
----
RELEASE SAVEPOINT __asyncpg_8__;
----
SAVEPOINT __asyncpg_9__;
----
ROLLBACK TO __asyncpg_9__;
----
COMMIT;
----
BEGIN ISOLATION LEVEL SERIALIZABLE;
----
SAVEPOINT __asyncpg_a__;
----
RELEASE SAVEPOINT __asyncpg_a__;
----
SAVEPOINT __asyncpg_b__;
----
ROLLBACK TO __asyncpg_b__;
----
BEGIN ISOLATION LEVEL REPEATABLE READ;
----
SAVEPOINT __asyncpg_c__;
----
RELEASE SAVEPOINT __asyncpg_c__;
----
SAVEPOINT __asyncpg_d__;
----
ROLLBACK TO __asyncpg_d__;
----
BEGIN ISOLATION LEVEL READ COMMITTED;
----
SAVEPOINT __asyncpg_e__;
----
RELEASE SAVEPOINT __asyncpg_e__;
----
SAVEPOINT __asyncpg_f__;
----
ROLLBACK TO __asyncpg_f__;
----
BEGIN ISOLATION LEVEL READ UNCOMMITTED;
----
SAVEPOINT __asyncpg_10__;
----
RELEASE SAVEPOINT __asyncpg_10__;
----
SAVEPOINT __asyncpg_11__;
----
ROLLBACK TO __asyncpg_11__;
----
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
----
SELECT * FROM generate_series(1, 200)
----
MOVE FORWARD 1 __asyncpg_15__
----
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;
----
MOVE FORWARD 1 __asyncpg_17__
----
MOVE FORWARD 1 __asyncpg_19__
----
COPY "t"("s", "m") FROM STDIN (FORMAT binary) 
----
COPY "t"("id") TO STDOUT (FORMAT 'csv', HEADER True)
----
SELECT quote_literal($1::"pg_catalog"."int4"::text)
----
COPY (SELECT * FROM t WHERE s = '7') TO STDOUT 
----
LISTEN "news"
----
NOTIFY news, 'x'
----
LISTEN "it's"
----
UNLISTEN "it's"
----
SELECT $1::int + 1
----
EXPLAIN (FORMAT JSON, VERBOSE) SELECT $1::int + 1
----
EXPLAIN (FORMAT JSON, VERBOSE, ANALYZE) SELECT $1::int + 1
----
ROLLBACK;
----
SELECT pg_advisory_unlock_all();
CLOSE ALL;
UNLISTEN *;
RESET ALL;
----
SELECT $1::text[]