"""pg_hba.conf and pg_ident.conf mean to us what they mean to PostgreSQL."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

import psycopg
import pytest
from psycopg.rows import class_row

from pgpool_py.auth.hba import Visit, read_hba
from pgpool_py.auth.hba_address import EVERYWHERE, Addresses, Network, addresses
from pgpool_py.auth.hba_rule import Rule
from pgpool_py.auth.ident import read_ident
from pgpool_py.auth.rules import Certificate, Policy, Visitor
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.auth.words import Word
from pgpool_py.settings import AuthType
from tests.integration.hba_server import (
    COMMON_NAME,
    Disk,
    HbaServer,
    hba_server,
    system_user,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HbaServer]:
    with hba_server(tmp_path_factory.mktemp("hba")) as running:
        yield running


Meaning = tuple[str, frozenset[str], frozenset[str], Addresses, str]

BOTH_TAKE = """\
local all all trust
local all,replication "all","a b" peer map=m
local all all peer "map=a b"
host sameuser,d u,"v""w" 10.1.0.0/16 md5 # comment
host "sameuser" "replication",replication 10.0.0.7 255.0.0.255 reject
host d,\te,f u ::1/128 scram-sha-256
hostnossl d u 2001:db8:: ffff:ffff:: password
hostnogssenc d u 0.0.0.0/00 reject
hostssl d u all cert map=m clientcert=verify-full clientname=CN
hostssl "+d" "+u" samehost md5 clientcert=verify-ca
host +d "@u" samenet trust
"host" d u "10.1.2.3/32" "trust"
host d @names all trust
host d @nothing,u all trust
host d u 0.0.0.0/0 trust
host d u ::/0 trust
host D\u00fc ALL all trust
"""

BOTH_REFUSE = """\
hots all all all trust
HOST all all all trust
host
host all
host all all
host all all 10.0.0.0
host all all all
host all all all,::/0 trust
host all all all trust,md5
host all all 10.0.0.0 trust
host all all 10.0.0.0/33 trust
host all all 10.0.0.0/ trust
host all all 10.0.0.0/8/8 trust
host all all ::/129 trust
host all all 10.0.0.0 :: trust
host all all localhost/8 trust
host all @nothing all trust
host all all all Trust
host all all all peer
host all all all cert
local all all cert
host all all all trust x
host all all all md5 map=m
host all all all md5 shape=round
host all all all md5 clientcert=verify-ca
hostssl all all all md5 clientcert=1
hostssl all all all cert clientcert=verify-ca
hostssl all all all cert clientname=XN
local all all peer map=a,b
local,host all all trust
"""

# What PostgreSQL takes and we refuse on purpose.
ONLY_POSTGRES = """\
host samerole all all trust
host all +g all trust
host all sameuser all trust
host @nothing all all all trust
host d ,u all trust
host d,,e u all trust
host a"ll" u all trust
host d u all "trust
host "" u all trust
host d u 10.1.2.3/8 trust
host d u 10.1/16 trust
host d u 010.0.0.1/32 trust
host d u ::ffff:10.0.0.1/128 trust
host d u localhost trust
host d u .example.com trust
host d u all ident
local d u peer map=m map=n
local d u peer map=
hostssl d u all cert clientname=DN
hostgssenc d u all trust
"""


def test_what_postgresql_takes_is_taken_with_the_same_meaning(
    server: HbaServer,
) -> None:
    by_line = _reported(server, BOTH_TAKE)
    found = read_hba(str(server.hba_file), Disk(), INTERFACES)
    assert found.broken == ()
    assert [rule.line for rule in found.rules] == list(by_line)
    for rule in found.rules:
        row = by_line[rule.line]
        assert row is not None
        assert _meaning(rule) == row.meaning(), row


def test_what_postgresql_refuses_is_refused(server: HbaServer) -> None:
    by_line = _reported(server, BOTH_REFUSE)
    assert all(row is None for row in by_line.values())
    found = read_hba(str(server.hba_file), Disk(), INTERFACES)
    assert found.rules == ()
    assert [broken.line for broken in found.broken] == list(by_line)


def test_what_is_refused_beyond_that_is_known(server: HbaServer) -> None:
    by_line = _reported(server, ONLY_POSTGRES)
    assert None not in by_line.values()
    found = read_hba(str(server.hba_file), Disk(), INTERFACES)
    assert found.rules == ()
    assert [broken.line for broken in found.broken] == list(by_line)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of pg_hba_file_rules."""

    line_number: int
    type: str
    database: list[str]
    user_name: list[str]
    address: str | None
    netmask: str | None
    auth_method: str

    def meaning(self) -> Meaning:
        """Put it into our words."""
        where = EVERYWHERE
        if self.netmask is not None:
            base, mask = ip_address(self.address or ""), ip_address(self.netmask)
            where = Addresses(False, (Network(mask.version, int(base), int(mask)),))
        elif self.address is not None:
            where = addresses(Word(self.address), None, INTERFACES)
        kind = "host" if self.type == "hostnogssenc" else self.type
        names = frozenset(self.database), frozenset(self.user_name)
        return kind, *names, where, self.auth_method


INTERFACES = tuple(map(ip_interface, ("127.0.0.1/8", "::1/128")))
ADDRESSES = (None, "127.0.0.1", "127.1.2.3", "127.255.0.9", "::1")
WORDS = {
    "type": ("local", "host", "host", "hostssl", "hostnossl", "hostnogssenc"),
    "database": ("all", "sameuser", "replication", '"all"', "d", "alice", "@names"),
    "user": ("all", '"all"', "alice", "bob", "@names", "replication"),
    "address": (
        *("all", "samehost", "samenet", "127.0.0.0/8", "127.1.0.0/16", "::1/128"),
        *("127.0.0.0 255.0.0.0", "127.0.0.1 255.0.0.255", "0.0.0.0/0", "::/0"),
    ),
    "method": ("trust", "reject", "md5", "password", "scram-sha-256"),
}
NAMES = "bob,carol\nreplication # sameuser\n"
IDENT = f"""\
m  {system_user()}   alice
m  "{COMMON_NAME}"   bob
n  nobody_at_all     alice
"""


def random_line(chance: random.Random) -> str:
    def some(column: str) -> str:
        return ",".join(chance.choices(WORDS[column], k=chance.choice((1, 1, 2))))

    kind, method = chance.choice(WORDS["type"]), chance.choice(WORDS["method"])
    address = "" if kind == "local" else chance.choice(WORDS["address"])
    if chance.random() < 0.4 and kind in {"local", "hostssl"}:
        method = "peer" if kind == "local" else "cert"
        method += chance.choice(("", " map=m", " map=n", " map=none"))
    return f"{kind} {some('database')} {some('user')} {address} {method}"


def random_visitor(chance: random.Random) -> Visitor:
    address = chance.choice(ADDRESSES)
    visit = Visit(
        chance.choice(("d", "alice", "all", "replication", "carol")),
        chance.choice(("alice", "bob", "all", "replication", system_user())),
        None if address is None else ip_address(address),
        tls=address is not None and chance.random() < 0.5,
        physical=chance.random() < 0.25,
    )
    own = Certificate(COMMON_NAME) if visit.tls and chance.random() < 0.7 else None
    return Visitor(visit, own, system_user() if address is None else None)


@pytest.mark.parametrize("seed", range(8))
def test_postgresql_decides_on_the_same_file_as_we_do(
    server: HbaServer, seed: int
) -> None:
    chance = random.Random(seed)
    lines = [random_line(chance) for _ in range(12)]
    (server.postgres.data_dir / "names").write_text(NAMES)
    server.load("\n".join(lines) + "\n", IDENT)
    found = read_hba(str(server.hba_file), Disk(), INTERFACES)
    ident = read_ident(str(server.ident_file), Disk())
    assert found.broken == ident.broken == ()
    policy = Policy(AuthType.HBA, found.rules, ident)
    for _ in range(30):
        visitor = random_visitor(chance)
        ours = policy.decide(visitor, SecretKind.MD5)
        told = ours.refusal.name if ours.refusal else ours.method and ours.method.value
        assert server.knock(visitor) == told, (visitor, ours.rule)


def _reported(server: HbaServer, text: str) -> dict[int, Row | None]:
    """Return what PostgreSQL reads in each line, None where it finds an error."""
    for name, names in (("names", NAMES), ("nothing", "# nobody\n")):
        (server.postgres.data_dir / name).write_text(names)
    server.load("local all postgres trust\n", "")
    place = str(server.postgres.socket_dir)
    with (
        psycopg.connect(server.postgres.dsn_of("postgres"), host=place) as session,
        session.cursor(row_factory=class_row(Row)) as cursor,
    ):
        server.hba_file.write_text(text)
        rows = cursor.execute(
            "SELECT line_number, coalesce(type, '') AS type, database, user_name,"
            " address, netmask, auth_method FROM pg_hba_file_rules"
        ).fetchall()
    # Not every error has a text in PostgreSQL 15, but none has a type.
    return {row.line_number: row if row.type else None for row in rows}


def _meaning(rule: Rule) -> Meaning:
    """Put a rule into what `Row.meaning` gives."""
    keywords = {
        "all": rule.databases.every,
        "sameuser": rule.databases.same_user,
        "replication": rule.databases.replication,
    }
    databases = {keyword for keyword in keywords if keywords[keyword]}
    users = rule.users.names | ({"all"} if rule.users.every else set())
    names = rule.databases.names | databases
    return rule.transport.value, names, users, rule.addresses, rule.method.value
