"""Tests of ``pgpool_py/auth/hba.py``."""

from ipaddress import ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.hba import Visit, decide
from pgpool_py.auth.hba_address import IPAddress, client_address
from pgpool_py.auth.hba_options import HbaMethod
from tests.auth.texts import hba_of

FILE = """\
local   all          postgres                  peer      # 1
local   all          all                       md5       # 2
hostssl replication  backup    10.0.0.0/8      cert      # 3
host    replication  all       all             reject    # 4
host    secret       "all"     all             trust     # 5
host    secret       all       all             reject    # 6
hostnossl all        root,admin 0.0.0.0/0      reject    # 7
host    sameuser     all       10.0.0.0 255.0.0.0 scram-sha-256 # 8
host    a,b          u,v       ::1/128         trust     # 9
hostssl all          all       all             password  # 10
"""


def visit(
    database: str,
    user: str,
    address: str = "",
    *,
    tls: bool = False,
    physical: bool = False,
) -> Visit:
    come_from = client_address(address) if address else None
    return Visit(database, user, come_from, tls, physical)


@pytest.mark.parametrize(
    ("at_the_door", "line"),
    [
        (visit("d", "postgres"), 1),
        (visit("d", "u"), 2),
        (visit("d", "u", physical=True), None),
        (visit("d", "backup", "10.1.1.1", tls=True, physical=True), 3),
        (visit("d", "backup", "10.1.1.1", physical=True), 4),
        (visit("d", "backup", "11.1.1.1", tls=True, physical=True), 4),
        (visit("replication", "backup", "10.1.1.1", tls=True), 10),
        (visit("secret", "all", "1.1.1.1"), 5),
        (visit("secret", "u", "1.1.1.1", tls=True), 6),
        (visit("d", "root", "10.1.1.1"), 7),
        (visit("d", "root", "::ffff:10.1.1.1"), 7),
        (visit("root", "root", "10.1.1.1", tls=True), 8),
        (visit("u", "u", "10.1.1.1"), 8),
        (visit("b", "v", "::1"), 9),
        (visit("b", "w", "::1"), None),
        (visit("d", "u", "1.1.1.1"), None),
        (visit("d", "u", "1.1.1.1", tls=True), 10),
        (visit("d", "u", "::2", tls=True), 10),
    ],
)
def test_the_first_line_that_matches_decides(
    at_the_door: Visit, line: int | None
) -> None:
    found = hba_of(FILE)
    assert found.broken == ()
    rule = decide(found.rules, at_the_door)
    assert (None if rule is None else rule.line) == line


def test_a_bad_line_is_a_fault_of_the_file_and_all_are_told() -> None:
    found = hba_of(
        "host all all 10.0.0.0/33 reject\nhost all all all trust\nlocal all +g md5\n"
        "include g\nhost all all all ldap\n",
        g="host all all all\n",
    )
    assert [(b.file, b.line) for b in found.broken] == [
        ("/etc/f", 1),
        ("/etc/f", 3),
        ("/etc/f", 5),
        ("/etc/g", 1),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "include_if_exists none"])
def test_a_file_without_rules_is_a_fault(text: str) -> None:
    [broken] = hba_of(text).broken
    assert (broken.line, broken.text) == (
        0,
        "holds no rule, so nobody could come in",
    )


def test_samehost_and_samenet_go_by_the_interfaces_given() -> None:
    own = [ip_interface("10.1.2.3/24")]
    found = hba_of("host all all samehost trust\nhost all all samenet reject", own)
    lines = [
        getattr(decide(found.rules, visit("d", "u", address)), "line", None)
        for address in ("10.1.2.3", "10.1.2.4", "10.1.3.3")
    ]
    assert lines == [1, 2, None]
    assert len(hba_of("host all all samenet trust").broken) == 1


NAMES = st.sampled_from(["a", "b", "all", "replication", "sameuser"]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
)
VISITS = st.builds(
    Visit,
    NAMES,
    NAMES,
    st.none() | st.ip_addresses().map(lambda address: client_address(str(address))),
    st.booleans(),
    st.booleans(),
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


COLUMNS = st.lists(
    st.just("all") | NAMES.filter(lambda n: n[0] != "/").map(quoted),
    min_size=1,
    max_size=3,
).map(",".join)
RULES = st.one_of(
    st.builds(
        "local {} {} {}".format, COLUMNS, COLUMNS, st.sampled_from(["trust", "md5"])
    ),
    st.builds(
        "{} {} {} {} {}".format,
        st.sampled_from(["host", "hostssl", "hostnossl"]),
        st.just("replication") | COLUMNS,
        COLUMNS,
        st.sampled_from(["all", "0.0.0.0/0", "::/0", "10.0.0.0/8", "::1/128"]),
        st.sampled_from(["trust", "password", "scram-sha-256"]),
    ),
)
FILES = st.lists(RULES, max_size=8)

REJECT_ALL = [
    "local all,replication all reject",
    "host all,replication all all reject",
]


@given(FILES, VISITS)
def test_nobody_passes_a_reject_in_front(rules: list[str], at_the_door: Visit) -> None:
    found = hba_of("\n".join([*REJECT_ALL, *rules]))
    assert found.broken == ()
    rule = decide(found.rules, at_the_door)
    assert rule is not None
    assert rule.method is HbaMethod.REJECT


@given(FILES, VISITS)
def test_who_matches_no_line_is_refused_and_lines_behind_change_nothing(
    rules: list[str], at_the_door: Visit
) -> None:
    alone = decide(hba_of("\n".join(rules)).rules, at_the_door)
    followed = decide(hba_of("\n".join([*rules, *REJECT_ALL])).rules, at_the_door)
    assert followed is not None
    if alone is None:
        assert followed.method is HbaMethod.REJECT
    else:
        assert followed == alone


@given(FILES, VISITS, st.data())
def test_a_visitor_named_in_a_reject_in_front_is_refused(
    rules: list[str], at_the_door: Visit, data: st.DataObject
) -> None:
    address: IPAddress | None = at_the_door.address
    database = "replication" if at_the_door.physical else quoted(at_the_door.database)
    if "/" in (at_the_door.database[0], at_the_door.user[0]):
        return
    line = f"{database} {quoted(at_the_door.user)}"
    if address is None:
        line = f"local {line} reject"
    else:
        kind = "hostssl" if at_the_door.tls else "hostnossl"
        line = f"{data.draw(st.sampled_from(['host', kind]))} {line} {address}"
        line += f"/{address.max_prefixlen} reject"
    found = hba_of("\n".join([line, *rules]))
    assert found.broken == ()
    assert decide(found.rules, at_the_door) is found.rules[0]
