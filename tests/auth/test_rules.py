"""Tests of ``pgpool_py/auth/rules.py``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.hba import Visit
from pgpool_py.auth.hba_address import client_address
from pgpool_py.auth.rules import (
    Certificate,
    Decision,
    Policy,
    Refusal,
    Visitor,
)
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.settings import AuthType
from pgwire.client_login import AuthMethod
from tests.auth.texts import hba_of, ident_of

SOMEWHERE = client_address("10.0.0.1")
IDENT = ident_of("m alice app\nm admin.example all")


def over_tcp(user: str = "alice", *, tls: bool = False) -> Visitor:
    return Visitor(Visit("d", user, SOMEWHERE, tls))


def over_tls(*names: str | None, user: str = "alice") -> Visitor:
    common_name, *dns_names = names
    certificate = Certificate(common_name, tuple(n for n in dns_names if n))
    return Visitor(Visit("d", user, SOMEWHERE, tls=True), certificate)


def over_unix(system_user: str | None, user: str = "alice") -> Visitor:
    return Visitor(Visit("d", user, None), system_user=system_user)


def by_rules(text: str) -> Policy:
    found = hba_of(text)
    assert found.broken == ()
    return Policy(AuthType.HBA, found.rules, IDENT)


PLAIN, MD5, SCRAM = SecretKind.PLAIN, SecretKind.MD5, SecretKind.SCRAM


@pytest.mark.parametrize(
    ("auth_type", "rule", "methods"),
    [
        # auth_type, the method of a rule that asks the same, and what is asked for of
        # a user with a plain, an MD5 and a SCRAM secret.
        (AuthType.TRUST, "trust", ("trust", "trust", "trust")),
        (AuthType.ANY, None, ("any", "any", "any")),
        (AuthType.PLAIN, "password", ("plain", "plain", "plain")),
        (AuthType.MD5, "md5", ("md5", "md5", "scram-sha-256")),
        (AuthType.SCRAM_SHA_256, "scram-sha-256", ("scram-sha-256",) * 3),
    ],
)
def test_what_is_asked_for_by_kind_of_secret(
    auth_type: AuthType, rule: str | None, methods: tuple[str, str, str]
) -> None:
    expected = [AuthMethod(method) for method in methods]
    policies = [Policy(auth_type)]
    if rule is not None:
        policies.append(by_rules(f"host all all all {rule}"))
    for policy in policies:
        decisions = [policy.decide(over_tcp(), kind) for kind in (PLAIN, MD5, SCRAM)]
        assert [decision.method for decision in decisions] == expected
        assert {decision.refusal for decision in decisions} == {None}


@pytest.mark.parametrize("usual", SecretKind)
@pytest.mark.parametrize("auth_type", [AuthType.MD5, AuthType.PLAIN, AuthType.TRUST])
def test_an_unknown_user_is_asked_for_what_the_usual_one_is(
    auth_type: AuthType, usual: SecretKind
) -> None:
    policy = Policy(auth_type, unknown=usual)
    assert policy.decide(over_tcp(), None) == policy.decide(over_tcp(), usual)


@pytest.mark.parametrize("auth_type", [AuthType.LDAP, AuthType.PAM])
def test_what_is_not_served_lets_nobody_in(auth_type: AuthType) -> None:
    decision = Policy(auth_type).decide(over_tcp(), PLAIN)
    assert decision == Decision(None, Refusal.AUTH_TYPE)


def test_a_rule_that_matches_decides_and_is_named() -> None:
    policy = by_rules("host d alice 10.0.0.0/8 md5\nhost all bob all reject")
    assert policy.decide(over_tcp(), MD5) == Decision(
        AuthMethod.MD5, rule=policy.rules[0]
    )
    assert policy.decide(over_tcp("bob"), MD5) == Decision(
        None, Refusal.REJECTED, policy.rules[1]
    )
    assert policy.decide(over_tcp("carol"), MD5) == Decision(None, Refusal.NO_RULE)


CERTIFICATES = [
    (over_tls("alice"), True),
    (over_tls("bob", "x.example", "alice"), True),
    (over_tls(None, "alice"), True),
    (over_tls("bob"), False),
    (over_tls("Alice"), False),
    (over_tls("alice\0.example"), False),
    (over_tls("alice ", " alice"), False),
    (over_tls("*", "*.example"), False),
    (over_tls("*.example", "*.example", user="a.example"), False),
    (over_tls(None), False),
    (over_tls("", "", user=""), False),
    # No certificate, and one that no TLS has verified.
    (over_tcp(tls=True), False),
    (over_tcp(), False),
    (Visitor(Visit("d", "alice", SOMEWHERE), Certificate("alice")), False),
    (Visitor(Visit("d", "alice", None), Certificate("alice")), False),
]


@pytest.mark.parametrize(("visitor", "allowed"), CERTIFICATES)
def test_cert_asks_for_a_certificate_in_the_users_name(
    visitor: Visitor, *, allowed: bool
) -> None:
    decision = Policy(AuthType.CERT).decide(visitor, None)
    if allowed:
        assert decision == Decision(AuthMethod.TRUST)
    else:
        assert decision == Decision(None, Refusal.CERTIFICATE)


@pytest.mark.parametrize(
    ("options", "visitor", "expected"),
    [
        ("cert", over_tls("alice"), AuthMethod.TRUST),
        ("cert", over_tls("bob", "alice"), AuthMethod.TRUST),
        ("cert clientname=CN", over_tls("alice", "bob"), AuthMethod.TRUST),
        ("cert clientname=CN", over_tls("bob", "alice"), None),
        ("cert", over_tls("bob"), None),
        ("cert", over_tcp(tls=True), None),
        ("cert map=m", over_tls("alice", user="app"), AuthMethod.TRUST),
        ("cert map=m", over_tls("x", "admin.example", user="u"), AuthMethod.TRUST),
        # With a map the equal name counts no more.
        ("cert map=m", over_tls("alice"), None),
        ("cert map=none", over_tls("alice"), None),
        ("md5 clientcert=verify-ca", over_tls("bob"), AuthMethod.MD5),
        ("md5 clientcert=verify-ca", over_tcp(tls=True), None),
        ("md5 clientcert=verify-full", over_tls("alice"), AuthMethod.MD5),
        ("md5 clientcert=verify-full", over_tls("bob"), None),
        ("trust clientcert=verify-full", over_tls("bob"), None),
        ("trust clientcert=verify-full", over_tcp(tls=True), None),
    ],
)
def test_certificates_of_rules(
    options: str, visitor: Visitor, expected: AuthMethod | None
) -> None:
    policy = by_rules(f"hostssl all all all {options}\nhost all all all trust")
    decision = policy.decide(visitor, MD5)
    assert decision.method is expected
    assert decision.rule is policy.rules[0]
    assert decision.refusal is (Refusal.CERTIFICATE if expected is None else None)


@pytest.mark.parametrize(
    ("options", "visitor", "allowed"),
    [
        ("peer", over_unix("alice"), True),
        ("peer", over_unix("root"), False),
        ("peer", over_unix("Alice"), False),
        ("peer", over_unix(None), False),
        ("peer", over_unix("", user=""), False),
        ("peer map=m", over_unix("alice", user="app"), True),
        ("peer map=m", over_unix("alice"), False),
        ("peer map=m", over_unix("admin.example", user="x"), True),
        ("peer map=m", over_unix(None, user="app"), False),
        ("peer map=none", over_unix("alice"), False),
    ],
)
def test_peer_asks_for_a_user_of_the_system(
    options: str, visitor: Visitor, *, allowed: bool
) -> None:
    policy = by_rules(f"local all all {options}\nlocal all all trust")
    decision = policy.decide(visitor, None)
    assert decision.method is (AuthMethod.TRUST if allowed else None)
    assert decision.refusal is (None if allowed else Refusal.PEER)


VISITORS = st.builds(
    Visitor,
    st.builds(
        Visit,
        st.just("d"),
        st.sampled_from(["alice", "app", ""]),
        st.sampled_from([None, SOMEWHERE]),
        st.booleans(),
        st.booleans(),
    ),
    st.none() | st.builds(Certificate, st.sampled_from([None, "", "alice", "x"])),
    st.sampled_from([None, "", "alice", "root"]),
)
LINES = st.lists(
    st.sampled_from(
        [
            "local all all peer",
            "local all,replication all md5",
            "host all alice all trust",
            "hostssl all all all cert",
            "hostssl all all all cert map=m",
            "hostnossl all all all reject",
            "hostssl all,replication all all scram-sha-256 clientcert=verify-ca",
        ]
    ),
    min_size=1,
)


@given(LINES, VISITORS)
def test_a_refusal_is_the_same_whether_or_not_the_user_exists(
    lines: list[str], visitor: Visitor
) -> None:
    policy = by_rules("\n".join(lines))
    decisions = {policy.decide(visitor, kind) for kind in (None, *SecretKind)}
    assert len({decision.refusal for decision in decisions}) == 1
    for decision in decisions:
        assert (decision.method is None) is (decision.refusal is not None)


@given(LINES, VISITORS, st.sampled_from([None, *SecretKind]))
def test_nobody_passes_a_reject_in_front(
    lines: list[str], visitor: Visitor, kind: SecretKind | None
) -> None:
    front = ["local all,replication all reject", "host all,replication all all reject"]
    decision = by_rules("\n".join([*front, *lines])).decide(visitor, kind)
    assert decision.method is None
    assert decision.refusal is Refusal.REJECTED
