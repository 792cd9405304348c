"""Tests of ``pgpool_py/sql/setting.py`` and of set_config()."""

import pytest

from pgpool_py.sql.classify import classify
from pgwire.classification import Touch


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SET work_mem = '1MB'", ("work_mem",)),
        ("SET SESSION Work_Mem TO '1MB'", ("work_mem",)),
        ('SET "DateStyle" = iso', ("datestyle",)),
        ("SET my.var = 1", ("my.var",)),
        ("SET session.var = 1", ("session.var",)),
        ("SET local TO 1", ("local",)),
        ("SET SESSION session TO 1", ("session",)),
        ("SET transaction.x = 1", ("transaction.x",)),
        ("SET search_path FROM CURRENT", ("search_path",)),
        ("SET TIME ZONE 'UTC'", ("timezone",)),
        ("SET SESSION TIME ZONE INTERVAL '1' HOUR TO MINUTE", ("timezone",)),
        ("SET NAMES 'UTF8'", ("client_encoding",)),
        ("SET SCHEMA 's'", ("search_path",)),
        ("SET ROLE joe", ("role",)),
        ("SET ROLE NONE", ("role",)),
        ("SET ROLE local", ("role",)),
        ("SET role = joe", ("role",)),
        ("SET SESSION ROLE joe", ("role",)),
        ("SET XML OPTION DOCUMENT", ("xmloption",)),
        ("SET SESSION AUTHORIZATION joe", ("session_authorization", "role")),
        ("SET SESSION SESSION AUTHORIZATION joe", ("session_authorization", "role")),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            (
                "default_transaction_isolation",
                "default_transaction_read_only",
                "default_transaction_deferrable",
            ),
        ),
        ("SELECT set_config('Work_Mem', '1', false)", ("work_mem",)),
        ("SELECT set_config('a.b'::text, $1, FALSE)", ("a.b",)),
        ("SELECT set_config($1, $2, false)", (1,)),
        ("SELECT set_config($12::pg_catalog.text, $2, $3)", (12,)),
        ("SELECT set_config(E'a.b', (SELECT f(1, 2)), 'f')", ("a.b",)),
        ("SELECT set_config('a', '', false), set_config('b', '', false)", ("a", "b")),
        ("SET a = 1; SET b = 2", ("a", "b")),
        ("SELECT set_limit(0.5)", ("pg_trgm.similarity_threshold",)),
    ],
)
def test_parameters_of_the_session_are_named(
    text: str, parameters: tuple[str | int, ...]
) -> None:
    found = classify(text.encode())

    assert found.touches & Touch.PARAMETERS
    assert not found.touches & ~(Touch.PARAMETERS | Touch.READING)
    assert found.parameters == parameters


@pytest.mark.parametrize(
    "text",
    [
        "SELECT set_config('a' || 'b', '', false)",
        "SELECT set_config(name, setting, false) FROM t",
        "SELECT set_config(setting_name => 'a', new_value => '', is_local => true)",
        "SELECT set_config(is_local => true, setting_name => 'a', new_value => '')",
        "SELECT set_config('a', '', false), set_config(b, '', false)",
        "SET a = 1; SELECT set_config(b, '', false)",
    ],
)
def test_one_whose_name_is_not_in_the_text_may_be_one_that_nobody_tells_of(
    text: str,
) -> None:
    found = classify(text.encode())

    assert found.touches == Touch.PARAMETERS | Touch.PATH | Touch.LASTING
    assert found.parameters == ()


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("SET search_path = a, \"b\", 'c'", Touch(0)),
        ("SET search_path = DEFAULT; SET search_path TO a", Touch(0)),
        ("SET SCHEMA 'a'", Touch(0)),
        ("SELECT set_config('search_path', 'a, b', false)", Touch(0)),
        ("SELECT set_config('search_path', $1, false)", Touch.PATH),
        ("SELECT set_config('search_path', a, true) FROM t", Touch.PATH),
        ("SELECT set_config('search_path', 'pg_' || 'temp', true)", Touch.PATH),
        ("SET search_path = E'pg\\137temp'", Touch.PATH),
        ("SET search_path = 'pg_'\n'temp'", Touch.PATH),
        ("SET LOCAL search_path = U&'pg!005ftemp' UESCAPE '!'", Touch.PATH),
        ("SELECT set_config(a, '', true)", Touch.PATH),
        ("SET LOCAL search_path = 'PG_TEMP'", Touch.TEMPORARY),
        ("SELECT set_config('search_path', 'a,pg_temp', true)", Touch.TEMPORARY),
        ("SET SCHEMA 'pg_temp'", Touch.LASTING),
        ("SELECT set_config('work_mem', $1, false)", Touch(0)),
    ],
)
def test_a_path_that_may_lead_to_the_temporary_schema_is_told(
    text: str, touched: Touch
) -> None:
    others = Touch.PARAMETERS | Touch.READING | Touch.RESETS
    assert classify(text.encode()).touches & ~others == touched


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("RESET ALL", ()),
        ("RESET work_mem", ("work_mem",)),
        ("RESET my.var", ("my.var",)),
        ("RESET TIME ZONE", ("timezone",)),
        ("RESET ROLE", ("role",)),
        ("RESET SESSION AUTHORIZATION", ("session_authorization", "role")),
        ("SET work_mem TO DEFAULT", ("work_mem",)),
        ("SET SESSION work_mem = default", ("work_mem",)),
        ("SET TIME ZONE LOCAL", ("timezone",)),
        ("SET TIME ZONE DEFAULT", ("timezone",)),
        ("SET NAMES", ("client_encoding",)),
        ("SET SESSION AUTHORIZATION DEFAULT", ("session_authorization", "role")),
        ("RESET a; RESET b", ("a", "b")),
        ("RESET a; RESET ALL", ()),
    ],
)
def test_parameters_that_come_back_are_named(
    text: str, parameters: tuple[str | int, ...]
) -> None:
    found = classify(text.encode())

    assert found.touches == Touch.RESETS
    assert found.parameters == parameters


@pytest.mark.parametrize(
    "text",
    [
        "SET LOCAL search_path = s",
        "SET LOCAL DateStyle = iso",
        "SET LOCAL my.var = 1",
        "SET LOCAL TIME ZONE 'UTC'",
        "SET LOCAL ROLE joe",
        "SET LOCAL SESSION AUTHORIZATION joe",
        "SET LOCAL search_path TO DEFAULT",
        "SELECT set_config('my.var', '', true)",
        "SELECT set_config($1, '', true)",
    ],
)
def test_what_is_set_for_the_transaction_may_change_how_it_reads(text: str) -> None:
    assert classify(text.encode()).touches == Touch.READING


@pytest.mark.parametrize(
    "text",
    [
        "SET LOCAL work_mem = '1MB'",
        "SELECT set_config('work_mem', '1MB', true)",
        "SET LOCAL statement_timeout TO 100",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET LOCAL TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION READ ONLY",
        "SET TRANSACTION SNAPSHOT 'x'",
        "SET transaction_read_only = on",
        "RESET transaction_isolation",
        "RESET TRANSACTION ISOLATION LEVEL",
        "SET CONSTRAINTS ALL DEFERRED",
    ],
)
def test_what_ends_with_the_transaction_touches_nothing(text: str) -> None:
    assert classify(text.encode()).touches == Touch(0)


@pytest.mark.parametrize(
    "text", ["SET", "SET 'a' = 1", "RESET", "RESET a b", "SET \u00e9 = 1"]
)
def test_a_parameter_that_is_not_understood_is_opaque(text: str) -> None:
    assert classify(text.encode()).touches == Touch.OPAQUE
