"""Statements made by a grammar, with what may deceive a reader of words in them."""

from itertools import cycle
from typing import Final

from hypothesis import strategies as st

Text = st.SearchStrategy[str]

# There is no space within a token: any space may be another gap.
_GAPS: Final = [
    " ",
    " ",
    " ",
    "\n",
    "\t",
    "/**/",
    "/*;*/",
    "--;SET x=1\n",
    " /*/*'*/*/ ",
]
_LITERALS: Final = [
    *("1", ".5", "0x1f", "$1", "NULL", "TRUE", "DEFAULT", "B'01'", "X'1f'"),
    *("'x'", "'it''s'", "';SET/**/a.b=1'", "'('", "E'a\\'b'", "E'\\\\'", "N'x'"),
    *("$$;'$$", "$a$set_config($a$", "U&'x'", "U&'d!0061' UESCAPE '!'", "'a'\n'b'"),
]
_NAMES: Final = [
    *("a", "t", "temp", "share", "insert", "u&1", "pg_temperature", "hold"),
    *('"a"', '"TEMP"', '";"', '"a""("', 'U&"b"', "pg_settings", "lastval"),
]
_FUNCTIONS: Final = [
    *("lower", "count", "now", "nextval", "f", "pg_catalog.lower", "s.lower"),
    *('"lower"', "random", "generate_series", "json_build_object"),
    *("set_config", 'pg_catalog."set_config"', 'U&"set_config"', "SET_Config"),
    *("pg_advisory_lock", "pg_advisory_xact_lock", "currval", "lastval", "setseed"),
    *("pg_catalog.pg_notify", '"SET_CONFIG"', "pg_temp.f", "coalesce", "row"),
]
_OPERATORS: Final = ["+", "=", "-", "/", "*", "||", "AND", "OR", "<>", "->>"]
_RELATIONS: Final = [
    *("t", "s.t", "pg_temp.t", "temp", "lastval", '"set_config"', "pg_settings"),
    *("pg_catalog.pg_settings", "ONLY t", "TEMP t", "LOCAL TEMP t", "TABLE t"),
]

_literal = st.sampled_from(_LITERALS)
_name = st.sampled_from(_NAMES)
_relation = st.sampled_from(_RELATIONS)
_function = st.sampled_from(_FUNCTIONS)


def _joined(*parts: Text | str) -> Text:
    given = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*given).map(lambda found: " ".join(filter(None, found)))


def _list(parts: Text, most: int = 3) -> Text:
    return st.lists(parts, min_size=1, max_size=most).map(" , ".join)


def _optional(*parts: Text | str) -> Text:
    return st.one_of(st.just(""), _joined(*parts))


def _call(inner: Text) -> Text:
    some = st.one_of(st.just(""), _list(inner), st.just("'a.b' , 'c' , false"))
    return _joined(_function, "(", some, ")")


def _extended(inner: Text) -> Text:
    query = _select(inner)
    return st.one_of(
        _call(inner),
        _joined(inner, st.sampled_from(_OPERATORS), inner),
        _joined("(", inner, ")"),
        _joined("(", query, ")"),
        _joined("EXISTS (", query, ")"),
        _joined(inner, "IN (", _list(inner), ")"),
        _joined("CASE WHEN", inner, "THEN", inner, "END"),
        _joined("CAST (", inner, "AS numeric ( 1 , 2 ) )"),
        _joined(inner, ":: text"),
        _joined("ARRAY [", _list(inner), "]"),
        _joined(inner, "LIKE", inner, "ESCAPE '!'"),
        _joined("EXTRACT ( year FROM", inner, ")"),
        _joined(inner, "AT TIME ZONE", inner),
    )


def _from(inner: Text) -> Text:
    item = st.one_of(
        _relation,
        _joined(_relation, "AS x"),
        _joined(_relation, _name, "( a , b )"),
        _call(inner),
        _joined("( VALUES (", _list(inner), ") ) AS v ( a )"),
        _joined("t JOIN", _relation, "ON", inner),
        _joined("t TABLESAMPLE system ( 1 )"),
    )
    return _list(item, 2)


def _select(inner: Text) -> Text:
    return _joined(
        "SELECT",
        _list(st.one_of(inner, _joined(inner, "AS", _name), _joined(inner, _name))),
        st.one_of(st.just(""), st.just(""), _joined("INTO", _relation)),
        _optional("FROM", _from(inner)),
        _optional("WHERE", inner),
        st.sampled_from(["", "", "", "FOR UPDATE", "FOR SHARE", "LIMIT 1"]),
    )


_expression = st.recursive(st.one_of(_literal, _name), _extended, max_leaves=5)
_query = _select(_expression)
_writing = st.one_of(
    _joined("INSERT INTO", _relation, "( a )", _query),
    _joined("INSERT INTO t VALUES (", _list(_expression), ") RETURNING", _expression),
    _joined("UPDATE", _relation, "SET a =", _expression, _optional("FROM", "t")),
    _joined("DELETE FROM", _relation, _optional("WHERE", _expression)),
)
_ctes = _list(
    _joined(_name, _optional("( x )"), "AS (", st.one_of(_query, _writing), ")"), 2
)
_rows = st.one_of(_query, _writing, _joined("WITH", _ctes, st.one_of(_query, _writing)))
_other = st.one_of(
    st.sampled_from(
        [
            *("BEGIN", "COMMIT", "ROLLBACK TO a", "SHOW jit", "SET a.b = 1"),
            *("SET LOCAL jit = on", "SET SESSION LOCAL = 1", "RESET jit"),
            *("DISCARD ALL", "LISTEN a", "PREPARE TRANSACTION 'x'", "EXECUTE p"),
            *("DO 'x'", "LOCK t", "SET TRANSACTION READ ONLY", "DISCARD PLANS"),
        ]
    ),
    _joined("EXPLAIN", st.sampled_from(["", "ANALYZE", "( COSTS , ANALYZE )"]), _rows),
    _joined("PREPARE p AS", _rows),
    _joined("DECLARE c CURSOR", st.sampled_from(["", "WITH HOLD"]), "FOR", _query),
    _joined("CREATE TABLE", _relation, "AS", _query),
    _joined("CREATE", st.sampled_from(["", "TEMP"]), "TABLE t ( a int )"),
    _joined("CREATE TEMP TABLE", _relation, "( a int ) ON COMMIT DROP"),
    _joined("CREATE", st.sampled_from(["", "TEMP"]), "VIEW", _name, "AS", _query),
    _joined("CREATE FUNCTION", _function, "( ) RETURNS int RETURN", _expression),
    _joined("CREATE RULE r AS ON INSERT TO t DO (", _writing, "; NOTIFY a )"),
    _joined("COPY (", _query, ") TO STDOUT"),
)
_statement = st.one_of(_rows, _rows, _rows, _other)


def _with_gaps(text: str, gaps: list[str]) -> str:
    given = cycle(gaps)
    return "".join(next(given) if c == " " else c for c in text)


#: One statement or two, with comments anywhere.
texts: Text = st.builds(
    _with_gaps,
    st.lists(_statement, min_size=1, max_size=2).map(" ; ".join),
    st.lists(st.sampled_from(_GAPS), min_size=1, max_size=5),
)

#: What deceives readers of words.
TRAPS: Final = [
    "SELECT pg_catalog.\"set_config\"('a.b', 'c', false)",
    "SELECT \"pg_catalog\" . \"set_config\" /**/ ('a.b', 'c', false)",
    "VALUES (set_config('a.b', 'c', false))",
    "TABLE t UNION VALUES (lastval())",
    "SELECT 1 INTO/**/TEMP t",
    "SELECT 1 INTO--;\nTEMPORARY TABLE t",
    "SELECT 1 insert INTO LOCAL TEMP t",
    "WITH a AS (UPDATE pg_settings SET setting = 1 RETURNING *) SELECT * FROM a",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
    "WITH a AS (SELECT pg_advisory_lock(1)) SELECT * FROM a",
    "EXPLAIN ANALYZE SELECT lastval()",
    "EXPLAIN (ANALYZE, VERBOSE) UPDATE pg_settings SET setting = 1",
    "SELECT ';', $$;$$, $a$ $$ ; $a$, E'\\';', \";\" FROM t",
    "SELECT $$ ' $$, set_config('a.b', 'c', false), $$ ' $$",
    "SELECT $a$ $b$ $a$, lastval(), $b$",
    "SELECT 'a' --'\n, lastval() --'",
    "SELECT '/*', lastval(), '*/'",
    "SELECT /* /* */ lastval() */ 1",
    "SELECT /* */ lastval() /* */",
    "SELECT E'\\'', lastval(), '\\''",
    "SELECT U&'\\0027', lastval(), '\\0027'",
    'SELECT U&"last\\0076al"()',
    "SELECT U&\"last!0076al\" UESCAPE '!' ()",
    "SELECT a.lastval FROM a",
    "SELECT lastval FROM a WHERE (lastval)::int IN (1)",
    "SELECT * FROM ROWS FROM (lastval(), currval('s'))",
    "SELECT count(*) FILTER (WHERE lastval() = 1) OVER (ORDER BY setseed(1)) FROM t",
    "SELECT 1 ORDER BY lastval() LIMIT currval('s')",
    "DELETE FROM t USING pg_advisory_lock(1) AS a RETURNING lastval()",
    "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = lastval()",
    "MERGE INTO t USING s ON lastval() = 1 WHEN MATCHED THEN DELETE",
    "COPY (SELECT lastval()) TO STDOUT",
    "COPY t FROM STDIN WHERE a = lastval()",
    "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
    "CREATE TABLE t (a int) PARTITION BY LIST (lastval)",
    "CREATE TABLE u PARTITION OF t FOR VALUES IN (lastval())",
    "SELECT \u00e9(1), lastval\u00e9(1)",
    "SELECT 1; SELECT lastval();",
    ";;SELECT 1;; SET a.b = 1",
    "SELECT nextval('s'), currval/**/('s')",
    "SELECT 1 FETCH FIRST (lastval()) ROWS ONLY",
    "SELECT XMLELEMENT(name a, lastval()), JSON_OBJECT('a': lastval())",
    "SELECT (SELECT lastval()), ARRAY(SELECT lastval()), a[lastval()]",
    "SELECT * FROM t TABLESAMPLE system (lastval())",
    "SELECT * FROM JSON_TABLE(set_config('a.b', '[]', false), '$' COLUMNS (a int)) t",
]
