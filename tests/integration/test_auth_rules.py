"""auth_type hba and cert: who comes from where, with what."""

import os
import pwd
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fixtures.certificates import Authority
from tests.fixtures.pooling import PoolerProcess, StartPooler

ME = pwd.getpwuid(os.getuid()).pw_name
USERS = dict.fromkeys(("alice", "bob", "carol", "dave", "admin"), "a password")
#: Servers are asked as `postgres` for all of them.
OPEN = {"open": "dbname=postgres user=postgres"}

HBA = """\
local   all       all                     peer map=here
hostssl all       alice      127.0.0.1/32 cert
host    all       bob        0.0.0.0/0    reject
host    all       carol,admin samehost    scram-sha-256
"""


class Rules:
    """A pooler that lets in by rules, which a test may write anew."""

    def __init__(
        self, start: StartPooler, authority: Authority, directory: Path, **more: Any
    ) -> None:
        self.hba, self.ident = directory / "hba.conf", directory / "ident.conf"
        self.hba.write_text(HBA)
        self.ident.write_text(f"here {ME} dave\n")
        self.sockets = directory
        self.authority = authority
        issued = authority.issue("127.0.0.1")
        settings = {
            "auth_type": "hba",
            "auth_hba_file": str(self.hba),
            "auth_ident_file": str(self.ident),
            "unix_socket_dir": str(directory),
            "client_tls_sslmode": "verify-full",
            "client_tls_key_file": str(issued.key_file),
            "client_tls_cert_file": str(issued.cert_file),
            "client_tls_ca_file": str(authority.ca_file),
            "admin_users": "admin",
            **more,
        }
        self.pooler: PoolerProcess = start(databases=OPEN, users=USERS, more=settings)

    def words(self, user: str, name: str) -> dict[str, str]:
        """Return what a client says that has a certificate in this name."""
        issued = self.authority.issue("client.test", common_name=name)
        return {
            "user": user,
            "sslmode": "verify-full",
            "sslrootcert": str(self.authority.ca_file),
            "sslcert": str(issued.cert_file),
            "sslkey": str(issued.key_file),
        }

    def get_in(self, database: str = "open", **words: str) -> None:
        with self.pooler.connect(database, **words) as client:
            if database == "open":
                assert client.execute("SELECT 1").fetchone() == (1,)

    def refused(self, text: str, **words: str) -> None:
        with pytest.raises(psycopg.OperationalError, match=text):
            self.get_in(**words)


@pytest.fixture
def rules(start_pooler: StartPooler, authority: Authority, tmp_path: Path) -> Rules:
    return Rules(start_pooler, authority, tmp_path)


def test_a_certificate_in_ones_name_is_enough(rules: Rules) -> None:
    rules.get_in(**rules.words("alice", "alice"))
    rules.refused("certificate authentication failed", **rules.words("alice", "bob"))


def test_a_reject_and_no_rule_have_words_of_their_own(rules: Rules) -> None:
    rules.refused("login rejected", **rules.words("bob", "bob"))
    rules.refused("no authentication method is found", **rules.words("dave", "dave"))


def test_this_machine_may_be_asked_for_a_password(rules: Rules) -> None:
    words = rules.words("carol", "whoever")
    rules.get_in(password="a password", **words)
    rules.refused("SASL authentication failed", password="wrong", **words)


def test_who_the_kernel_says_one_is_is_enough_on_the_unix_socket(rules: Rules) -> None:
    where = {"host": str(rules.sockets)}
    rules.get_in(user="dave", **where)
    rules.refused("unix socket login rejected", user="carol", **where)


def test_the_console_obeys_the_rules(rules: Rules) -> None:
    words = {**rules.words("admin", "admin"), "password": "a password"}
    with rules.pooler.connect("pgbouncer", **words) as console:
        rules.hba.write_text("host all all all reject\n")
        console.execute("RELOAD")
        assert console.execute("SHOW VERSION").fetchone() is not None
    rules.refused("login rejected", database="pgbouncer", **words)


def test_a_broken_file_changes_nothing(rules: Rules) -> None:
    rules.hba.write_text(f"host all alice all reject\n{HBA}host all all nowhere md5\n")
    rules.pooler.reload()
    assert f"{rules.hba}:6: " in rules.pooler.log
    rules.get_in(**rules.words("alice", "alice"))


def test_another_file_can_be_set_on_the_console(rules: Rules, tmp_path: Path) -> None:
    other, broken = tmp_path / "other.conf", tmp_path / "broken.conf"
    other.write_text(f"hostssl all alice all reject\n{HBA}")
    broken.write_text("host all\n")
    words = {**rules.words("admin", "admin"), "password": "a password"}
    with rules.pooler.connect("pgbouncer", **words) as console:
        with pytest.raises(psycopg.Error, match=r"broken\.conf:1: "):
            console.execute(f"SET auth_hba_file = '{broken}'")
        rules.get_in(**rules.words("alice", "alice"))
        console.execute(f"SET auth_hba_file = '{other}'")
        rules.refused("login rejected", **rules.words("alice", "alice"))
        with pytest.raises(psycopg.Error, match="auth_hba_file is not set"):
            console.execute("SET auth_hba_file = ''")


def test_with_cert_nobody_needs_rules(
    start_pooler: StartPooler, authority: Authority, tmp_path: Path
) -> None:
    rules = Rules(start_pooler, authority, tmp_path, auth_type="cert")
    rules.get_in(**rules.words("alice", "alice"))
    rules.refused("certificate authentication failed", **rules.words("alice", "bob"))
    # One that is right in the name of nobody who exists.
    rules.refused("authentication failed", **rules.words("eve", "eve"))
