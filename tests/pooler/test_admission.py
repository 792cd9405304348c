"""How a client has to prove itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from secrets import token_bytes

import pytest

from pgpool_py.auth.hba import read_hba
from pgpool_py.auth.ident import Ident
from pgpool_py.auth.record_file import Files
from pgpool_py.auth.rules import Certificate, Policy
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.client.door import Visitor
from pgpool_py.errors import PoolerError
from pgpool_py.pooler import verifiers as verifiers_module
from pgpool_py.pooler.admission import Admission, visit_of
from pgpool_py.pooler.inquiries import Inquiries
from pgpool_py.pooler.pace import Pace
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.proof import Proof
from pgpool_py.reasons import Reason
from pgpool_py.settings import AuthType
from pgwire.client_login import AuthMethod, ClientLogin
from pgwire.scram import ScramSecret, derive
from tests.auth.texts import Texts
from tests.pooler.postgres import Bench

SetUp = Callable[..., Bench]

ITERATIONS = 2
STORED = derive("hunter2", b"salt of sixteen!", ITERATIONS).format()


@dataclass
class Guest:
    """A client at the door."""

    visitor: Visitor
    encryption: str = ""
    certificate: Certificate | None = None
    entering: bool = False

    def arrived(self) -> None:
        raise AssertionError("it is not in")

    def reconsider(self) -> None:
        raise AssertionError("nothing is read again")

    def refuse(self, reason: Reason, error: PoolerError) -> None:
        raise AssertionError("the proof is told, not the guest")


@dataclass
class Desk:
    """An admission, and what it says."""

    bench: Bench
    admission: Admission
    turns: list[Callable[[], None]] = field(default_factory=list)

    def ask(self, user: str, guest: Guest | None = None) -> ClientLogin | PoolerError:
        """Return what a client must pass, or why it is refused."""
        found: list[ClientLogin | PoolerError] = []
        who = guest or guest_from("127.0.0.1")
        proof = Proof(
            self.bench.context, self.admission, who, visit_of(who, user, "app")
        )
        proof.begin(found.append)
        (outcome,) = found
        return outcome

    def login(self, user: str, guest: Guest | None = None) -> ClientLogin:
        outcome = self.ask(user, guest)
        assert isinstance(outcome, ClientLogin)
        return outcome

    def refusal(self, user: str, guest: Guest | None = None) -> PoolerError:
        outcome = self.ask(user, guest)
        assert isinstance(outcome, PoolerError)
        return outcome


class NoPools:
    """Nothing is looked up."""

    def pool_of(self, database: str, user: str) -> Pool:
        raise AssertionError("no secret is to be looked up here")


def guest_from(address: str, uid: int | None = None, **more: object) -> Guest:
    visitor = Visitor(5, address, 50000, "127.0.0.1", 6432, 1000.0, 0.0, uid)
    guest = Guest(visitor)
    for name, value in more.items():
        setattr(guest, name, value)
    return guest


def desk_of(bench: Bench) -> Desk:
    context = bench.context
    pace = Pace(lambda _, __: None, lambda: context.reactor.now, lambda: 0.0)
    return Desk(bench, Admission(context, Inquiries(context, NoPools()), pace))


def by_rules(bench: Bench, hba: str, unknown: SecretKind = SecretKind.SCRAM) -> None:
    """Have clients let in by these lines."""
    files: Files = Texts({"hba": hba})
    found = read_hba("hba", files)
    assert found.broken == ()
    bench.context.policy = Policy(AuthType.HBA, found.rules, Ident(), unknown)


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the slow derivations."""
    seen: list[str] = []

    def count(secret: str, salt: bytes, iterations: int) -> ScramSecret:
        seen.append(secret)
        return derive(secret, salt, iterations)

    monkeypatch.setattr(verifiers_module, "derive", count)
    return seen


SECRETS: Mapping[str, str] = {
    "alice": "hunter2",
    "bob": "md5" + "0" * 32,
    "carol": "",
    "dave": STORED,
}


@pytest.fixture
def scram(set_up: SetUp) -> Bench:
    return set_up(
        secrets=SECRETS,
        auth_type=AuthType.SCRAM_SHA_256,
        scram_iterations=ITERATIONS,
    )


@pytest.mark.parametrize(
    ("auth_type", "method"),
    [
        (AuthType.TRUST, AuthMethod.TRUST),
        (AuthType.ANY, AuthMethod.ANY),
        (AuthType.PLAIN, AuthMethod.PLAIN),
        (AuthType.MD5, AuthMethod.MD5),
        (AuthType.SCRAM_SHA_256, AuthMethod.SCRAM),
    ],
)
def test_the_method_is_the_configured_one(
    set_up: SetUp, auth_type: AuthType, method: AuthMethod
) -> None:
    bench = set_up(secrets=SECRETS, auth_type=auth_type, scram_iterations=ITERATIONS)
    assert desk_of(bench).login("alice").method is method


@pytest.mark.parametrize("auth_type", [AuthType.LDAP, AuthType.PAM])
def test_one_that_is_not_served_is_named(set_up: SetUp, auth_type: AuthType) -> None:
    error = desk_of(set_up(auth_type=auth_type)).refusal("alice")
    assert f"auth_type {auth_type}" in str(error)


def test_a_plain_secret_is_derived_once(scram: Bench, derived: list[str]) -> None:
    desk = desk_of(scram)
    for _ in range(3):
        desk.login("alice")
    assert derived == ["hunter2"]


def test_it_is_derived_anew_when_it_changed(scram: Bench, derived: list[str]) -> None:
    desk = desk_of(scram)
    desk.login("alice")
    scram.context.secrets["alice"] = "other"
    desk.login("alice")
    desk.admission.forget()
    desk.login("alice")
    assert derived == ["hunter2", "other", "other"]


def test_what_is_kept_of_secrets_is_bounded(
    scram: Bench, monkeypatch: pytest.MonkeyPatch, derived: list[str]
) -> None:
    monkeypatch.setattr(verifiers_module, "MOST", -len(SECRETS) + 2)
    desk = desk_of(scram)
    for secret in ("one", "two", "three", "two", "one"):
        scram.context.secrets["alice"] = secret
        desk.login("alice")
    assert derived == ["one", "two", "three", "one"]


@pytest.mark.parametrize("user", ["bob", "carol", "dave", "mallory"])
def test_nothing_is_derived_for_others(
    scram: Bench, derived: list[str], user: str
) -> None:
    desk_of(scram).login(user)
    assert derived == []


@pytest.mark.parametrize("user", ["bob", "carol", "mallory"])
def test_nor_in_the_exchange_of_those_who_can_pass_by_no_password(
    scram: Bench, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    login = desk_of(scram).login(user)
    monkeypatch.delattr("hashlib.pbkdf2_hmac")
    login.start()
    # SASLInitialResponse: mechanism, Int32 length, client-first-message
    login.receive(ord("p"), b"SCRAM-SHA-256\0\0\0\0\x09n,,n=,r=a")


@pytest.mark.parametrize("user", [*SECRETS, "mallory"])
@pytest.mark.parametrize("derives", [True, False])
def test_a_wrong_password_is_as_slow_for_all_where_secrets_are_scram(
    set_up: SetUp, user: str, *, derives: bool
) -> None:
    bench = set_up(secrets=SECRETS, auth_type=AuthType.PLAIN)
    bench.context.policy = Policy(AuthType.PLAIN, derives=derives)
    login = desk_of(bench).login(user)
    login.start()
    assert login.is_slow is (derives or user == "dave")


def test_an_empty_secret_is_enough_where_everybody_is_trusted(set_up: SetUp) -> None:
    bench = set_up(secrets=SECRETS, auth_type=AuthType.TRUST)
    login = desk_of(bench).login("carol")
    login.start()
    assert login.done


def test_randomness_is_fresh_for_each_who_is_asked_and_made_for_nobody_else(
    scram: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def draw(size: int) -> bytes:
        made.append(token_bytes(size))
        return made[-1]

    desk = desk_of(scram)
    monkeypatch.setattr("pgpool_py.pooler.admission.urandom", draw)
    desk.login("dave")
    desk.login("dave")
    assert len(set(made)) == 2
    scram.context.policy = Policy(AuthType.TRUST)
    desk.login("dave")
    assert len(made) == 2


def test_no_secret_shows(scram: Bench) -> None:
    desk = desk_of(scram)
    login = desk.login("alice")
    shown = f"{desk.admission!r} {login!r} {vars(desk.admission)!r}"
    assert "hunter2" not in shown
    assert "hunter2" not in repr(scram.context)


# By rules

HBA = """\
local all all peer
host app alice 192.0.2.0/24 trust
host app bob 192.0.2.0/24 reject
hostssl app dave all cert
host all all 10.0.0.0/8 md5
"""


def test_the_line_that_matches_decides(scram: Bench) -> None:
    by_rules(scram, HBA)
    desk = desk_of(scram)
    assert desk.login("alice", guest_from("192.0.2.9")).method is AuthMethod.TRUST
    assert desk.login("alice", guest_from("10.1.2.3")).method is AuthMethod.MD5
    assert desk.login("dave", guest_from("10.1.2.3")).method is AuthMethod.SCRAM


@pytest.mark.parametrize(
    ("user", "guest", "text", "sqlstate"),
    [
        ("bob", guest_from("192.0.2.9"), "login rejected", "28000"),
        (
            "mallory",
            guest_from("192.0.2.9"),
            "no authentication method is found",
            "28000",
        ),
        (
            "dave",
            guest_from("192.0.2.9", encryption="TLSv1.3/X"),
            "certificate authentication failed",
            "28P01",
        ),
        ("alice", guest_from("unix", uid=0), "unix socket login rejected", "28000"),
    ],
)
def test_who_is_refused_is_told_why(
    scram: Bench, user: str, guest: Guest, text: str, sqlstate: str
) -> None:
    by_rules(scram, HBA)
    error = desk_of(scram).refusal(user, guest)
    assert (error.message, error.sqlstate) == (text, sqlstate)


def test_for_who_is_refused_nothing_is_looked_up(scram: Bench) -> None:
    by_rules(scram, HBA)
    scram.context.settings = replace(scram.context.settings, auth_user="alice")
    error = desk_of(scram).refusal("mallory", guest_from("192.0.2.9"))
    assert error.message == "no authentication method is found"


def test_a_certificate_in_the_name_of_the_user_is_enough(scram: Bench) -> None:
    by_rules(scram, HBA)
    guest = guest_from(
        "192.0.2.9", encryption="TLSv1.3/X", certificate=Certificate("dave")
    )
    assert desk_of(scram).login("dave", guest).method is AuthMethod.TRUST


def test_the_user_of_the_system_is_looked_up_where_a_line_asks(
    scram: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Database:
        def getpwuid(self, uid: int) -> object:
            asked.append(uid)
            return type("Entry", (), {"pw_name": "alice"})

    monkeypatch.setattr("pgpool_py.pooler.system_users.pwd", Database())
    desk = desk_of(scram)
    desk.login("alice", guest_from("unix", uid=77))
    assert asked == []
    by_rules(scram, HBA)
    for _ in range(2):
        login = desk.login("alice", guest_from("unix", uid=77))
        assert login.method is AuthMethod.TRUST
    assert asked == [77]
