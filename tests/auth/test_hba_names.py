"""Tests of ``pgpool_py/auth/hba_names.py``."""

import pytest

from pgpool_py.auth.hba_names import database_names, user_names
from pgpool_py.auth.words import Column, LineError, columns


def column(text: str) -> Column:
    [only] = columns(text)
    return only


@pytest.mark.parametrize(
    ("text", "database", "user", "expected"),
    [
        ("all", "d", "u", True),
        ('"all"', "d", "u", False),
        ('"all"', "all", "u", True),
        ("ALL", "d", "u", False),
        ("sameuser", "d", "d", True),
        ("sameuser", "d", "u", False),
        ("sameuser", "sameuser", "u", False),
        ('"sameuser"', "d", "d", False),
        ('"sameuser"', "sameuser", "u", True),
        ("d,e", "e", "u", True),
        ("d,e", "D", "u", False),
        ("d,sameuser", "u", "u", True),
        ("replication", "replication", "u", False),
        ('"replication"', "replication", "u", True),
        ('"samerole"', "samerole", "u", True),
        ('"+d"', "+d", "u", True),
        ("+d", "+d", "u", True),
        ('"a,b"', "a", "u", False),
        ('"a,b"', "a,b", "u", True),
    ],
)
def test_databases(text: str, database: str, user: str, *, expected: bool) -> None:
    assert (
        database_names(column(text)).match(database, user, physical=False) is expected
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replication", True),
        ("d,replication", True),
        ("all", False),
        ("d", False),
        ("sameuser", False),
        ('"replication"', False),
    ],
)
def test_physical_replication_matches_its_keyword_only(
    text: str, *, expected: bool
) -> None:
    assert database_names(column(text)).match("d", "d", physical=True) is expected


@pytest.mark.parametrize(
    ("text", "user", "expected"),
    [
        ("all", "u", True),
        ('"all"', "u", False),
        ('"all"', "all", True),
        ("u,v", "v", True),
        ("u,v", "U", False),
        ("u,all", "w", True),
        ("replication", "replication", True),
        ("replication", "u", False),
        ('"+u"', "+u", True),
        ('"sameuser"', "sameuser", True),
    ],
)
def test_users(text: str, user: str, *, expected: bool) -> None:
    assert user_names(column(text)).match(user) is expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("samerole", "samerole is not supported"),
        ("d,samegroup", "samegroup is not supported"),
        ("/d", 'the database "/d" is a regular expression'),
        ('"/d,e"', 'the database "/d,e" is a regular expression'),
        ('""', "the database name is empty"),
        ('a"ll"', 'the database name "all" is quoted in part'),
        ('"al"l', 'the database name "all" is quoted in part'),
    ],
)
def test_databases_that_are_refused(text: str, fault: str) -> None:
    with pytest.raises(LineError, match=fault):
        database_names(column(text))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("u,+g", r'"\+g" is not supported'),
        ("sameuser", "sameuser stands in the user column"),
        ("samerole", "samerole stands in the user column"),
        ("samegroup", "samegroup stands in the user column"),
        ("/^u", 'the user "/\\^u" is a regular expression'),
        ('""', "the user name is empty"),
        ('a"ll"', 'the user name "all" is quoted in part'),
    ],
)
def test_users_that_are_refused(text: str, fault: str) -> None:
    with pytest.raises(LineError, match=fault):
        user_names(column(text))


def test_an_empty_list_matches_nobody() -> None:
    assert not user_names(()).match("u")
    assert not database_names(()).match("u", "u", physical=False)
    assert not database_names(()).match("u", "u", physical=True)
