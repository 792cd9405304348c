"""Tests of ``pgpool_py/auth/ident.py``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.ident import Ident
from tests.auth.texts import ident_of

FILE = """\
m  alice           app
m  alice           "all"
m  root            all          # anybody
m  "al ice"        app2
n  alice           n_user
include more
"""


@pytest.mark.parametrize(
    ("map_name", "system_user", "wanted", "allowed"),
    [
        ("m", "alice", "app", True),
        ("m", "alice", "all", True),
        ("m", "alice", "alice", False),
        ("m", "alice", "n_user", False),
        ("m", "Alice", "app", False),
        ("m", "alice", "APP", False),
        ("m", "alice\0", "app", False),
        ("m", "", "app", False),
        ("m", "root", "anything", True),
        ("m", "root", "all", True),
        ("m", "al ice", "app2", True),
        ("m", "bob", "app", False),
        ("n", "alice", "n_user", True),
        ("n", "root", "app", False),
        ("o", "bob", "carol", True),
        ("none", "root", "app", False),
        ("", "root", "app", False),
    ],
)
def test_who_may_be_whom(
    map_name: str, system_user: str, wanted: str, *, allowed: bool
) -> None:
    ident = ident_of(FILE, more="o bob carol")
    assert ident.broken == ()
    assert ident.allows(map_name, system_user, wanted) is allowed


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("m", "expected map name, system user, database user"),
        ("m alice", "expected map name, system user, database user"),
        ("m alice app more", "expected map name, system user, database user"),
        ("m alice a,b", "multiple values specified for database user"),
        ("m a,b app", "multiple values specified for system user"),
        ("m @list app", "a list behind @ is empty"),
        ("m /^(.*)@x$ \\1", 'the system user "/^(.*)@x$" is a regular expression'),
        ('m "/a" app', 'the system user "/a" is a regular expression'),
        ("m alice /a", 'the database user "/a" is a regular expression'),
        ("m alice +staff", '"+staff" is not supported'),
        ('m "" app', "the system user is empty"),
        ('"" a app', "the map name is empty"),
        ('m al"ice" app', 'the system user "alice" is quoted in part'),
        ('m alice a"ll"', 'the database user "all" is quoted in part'),
    ],
)
def test_lines_that_are_refused(line: str, fault: str) -> None:
    ident = ident_of(f"\n{line}\nm a b", list="")
    [broken] = ident.broken
    assert (broken.file, broken.line) == ("/etc/f", 2)
    assert broken.text.startswith(fault)


def test_all_faults_are_told() -> None:
    broken = ident_of("m\nm a b\nm /a b\ninclude none").broken
    assert [b.line for b in broken] == [1, 3, 4]


def test_without_a_file_or_records_nobody_is_allowed() -> None:
    assert not Ident().allows("m", "a", "a")
    assert ident_of("# nothing") == Ident()


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5
).filter(lambda name: name[0] != "/")


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1), NAMES, NAMES, NAMES)
def test_a_map_allows_what_it_lists_and_nothing_else(
    entries: list[tuple[str, str, str]], name: str, system: str, wanted: str
) -> None:
    lines = [
        " ".join('"' + word.replace('"', '""') + '"' for word in entry)
        for entry in entries
    ]
    ident = ident_of("\n".join(lines))
    assert all(ident.allows(*entry) for entry in entries)
    assert ident.allows(name, system, wanted) is ((name, system, wanted) in entries)
