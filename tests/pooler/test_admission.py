"""How a client has to prove itself."""

from collections.abc import Callable

import pytest

from pgpool_py.errors import PoolerError
from pgpool_py.pooler import admission as admission_module
from pgpool_py.pooler.admission import Admission
from pgpool_py.settings import AuthType
from pgwire.client_login import AuthMethod
from pgwire.scram import ScramSecret, derive
from tests.pooler.postgres import Bench

SetUp = Callable[..., Bench]

ITERATIONS = 2


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the slow derivations."""
    seen: list[str] = []

    def count(secret: str, salt: bytes, iterations: int) -> ScramSecret:
        seen.append(secret)
        return derive(secret, salt, iterations)

    monkeypatch.setattr(admission_module, "derive", count)
    return seen


@pytest.fixture
def scram(set_up: SetUp) -> Bench:
    return set_up(
        secrets={"alice": "hunter2", "bob": "md5" + "0" * 32, "carol": ""},
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
    bench = set_up(auth_type=auth_type, scram_iterations=ITERATIONS)
    assert Admission(bench.context).login("alice").method is method


@pytest.mark.parametrize("auth_type", [AuthType.LDAP, AuthType.PAM])
def test_one_that_is_not_served_is_named(set_up: SetUp, auth_type: AuthType) -> None:
    bench = set_up(auth_type=auth_type)
    with pytest.raises(PoolerError, match=f"auth_type {auth_type}"):
        Admission(bench.context).login("alice")


def test_a_plain_secret_is_derived_once(scram: Bench, derived: list[str]) -> None:
    admission = Admission(scram.context)
    for _ in range(3):
        admission.login("alice")
    assert derived == ["hunter2"]


def test_it_is_derived_anew_when_it_changed(scram: Bench, derived: list[str]) -> None:
    admission = Admission(scram.context)
    admission.login("alice")
    scram.context.secrets["alice"] = "other"
    admission.login("alice")
    admission.forget()
    admission.login("alice")
    assert derived == ["hunter2", "other", "other"]


@pytest.mark.parametrize("user", ["bob", "carol", "mallory"])
def test_nothing_is_derived_for_who_can_pass_by_no_password(
    scram: Bench, derived: list[str], user: str
) -> None:
    Admission(scram.context).login(user)
    assert derived == []


def test_no_secret_shows(scram: Bench) -> None:
    admission = Admission(scram.context)
    login = admission.login("alice")
    assert "hunter2" not in f"{admission!r} {login!r} {vars(admission)!r}"
    assert "hunter2" not in repr(scram.context)
