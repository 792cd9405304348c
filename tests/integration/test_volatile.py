"""Which functions of a real database are volatile, and which keywords call one."""

import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.server.volatile import ASK, read
from pgpool_py.sql.calls import GENERIC
from pgpool_py.sql.catalogue import NO_FUNCTIONS

from .wire import Wire

Connection = psycopg.Connection[TupleRow]

MADE = """
    CREATE SCHEMA other;
    CREATE FUNCTION public.round(text) RETURNS text
        LANGUAGE sql VOLATILE AS 'SELECT $1';
    CREATE FUNCTION other."Mixed Case"() RETURNS text
        LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
    CREATE FUNCTION other.größe() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT 1';
    CREATE FUNCTION public.lower(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT 1';
    CREATE FUNCTION public.upper(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    CREATE FUNCTION other.step(int, text) RETURNS int
        LANGUAGE sql VOLATILE AS 'SELECT 1';
    CREATE AGGREGATE public.sum(text) (sfunc = other.step, stype = int);
    CREATE AGGREGATE public.max(text) (sfunc = pg_catalog.textcat, stype = text);
    -- What finds these is wrong.
    CREATE FUNCTION other.no(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT false';
    CREATE OPERATOR other.= (leftarg = oid, rightarg = oid, function = other.no);
    CREATE TABLE other.pg_proc (); CREATE TABLE other.pg_aggregate ();
"""


def test_all_that_is_volatile_is_found_and_nothing_else(
    postgres: EmbeddedPostgres, postgresql: Connection
) -> None:
    postgresql.execute(MADE)
    postgresql.commit()
    with Wire(postgres.host, postgres.port) as wire:
        wire.login(
            postgresql.info.dbname,
            postgresql.info.user,
            search_path="other, pg_catalog",
            client_encoding="SJIS",
            standard_conforming_strings="off",
        )
        wire.send(ASK)
        replies = wire.until_ready()
    sent = b"".join(
        reply.kind.encode() + (len(reply.body) + 4).to_bytes(4, "big") + reply.body
        for reply in replies
    )
    assert read(sent) == frozenset({b"round", b"Mixed Case", b"step", b"sum", b"no"})


def test_of_keywords_only_some_call_a_function_of_another_schema(
    postgresql: Connection,
) -> None:
    postgresql.autocommit = True
    called = set()
    for word in sorted(NO_FUNCTIONS):
        name = word.decode()
        make = SQL(
            "CREATE FUNCTION public.{}(point, int) RETURNS text"
            " LANGUAGE sql AS $$ SELECT 'ours' $$"
        )
        postgresql.execute(make.format(Identifier(name)))
        try:
            row = postgresql.execute(f"SELECT {name}('(1,1)'::point, 1)".encode())
        except psycopg.Error:
            continue
        if row.fetchone() == ("ours",):
            called.add(word)
    assert called == GENERIC
