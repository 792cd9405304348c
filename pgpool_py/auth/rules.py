"""How a visitor must prove who it is: auth_type, the rule it matches, its secret.

    auth_type  trust  any  plain  md5            scram-sha-256  cert       hba
    asked for  TRUST  ANY  PLAIN  MD5 or SCRAM   SCRAM          see below  the rule's

md5 becomes SCRAM where the stored secret is one. What is proved before the first
message of a login, by a certificate (cert) or by the user of the process at the other
end of a unix socket (peer), leaves TRUST: that the user exists. Nothing here looks at
whether it does, so that a refusal tells nothing about that.

Source: PgBouncer 1.25, ``src/client.c``; PostgreSQL 18, ``libpq/auth.c``
``ClientAuthentication`` and ``CheckCertAuth``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from pgpool_py.settings import AuthType
from pgwire.client_login import AuthMethod

from .hba import Visit, decide
from .hba_options import ClientCert, HbaMethod, HbaOptions
from .hba_rule import Rule
from .ident import Ident
from .secrets import SecretKind


class Refusal(Enum):
    """Why a visitor is refused before it is asked for anything."""

    #: No line of the hba file matches.
    NO_RULE = auto()
    #: The line that matches is a reject.
    REJECTED = auto()
    #: There is no certificate, or none in the name of the user.
    CERTIFICATE = auto()
    #: The user of the system may not be this user, or is not known.
    PEER = auto()
    #: An ``auth_type`` that is not served; a configuration with it is never used.
    AUTH_TYPE = auto()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The names of a client's certificate, after TLS has verified it.

    Attributes:
        common_name: the CN of its subject, None if there is none.
        dns_names: its subjectAltName entries of the type DNS. Wildcards mean nothing.

    """

    common_name: str | None = None
    dns_names: tuple[str, ...] = ()

    def names(self, *, common_name_only: bool = False) -> tuple[str, ...]:
        """Return the names that count; an empty one never does."""
        others = () if common_name_only else self.dns_names
        return tuple(name for name in (self.common_name, *others) if name)


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class Visitor:
    """A visit, and what is known of the visitor from the connection itself.

    Attributes:
        visit: where it comes from, and what it wants.
        certificate: None without TLS, or if none was given or verified.
        system_user: the name of the user at the other end of a unix socket, None if
            that is not known or has none.

    """

    visit: Final[Visit]
    certificate: Final[Certificate | None] = None
    system_user: Final[str | None] = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to ask for: exactly one of ``method`` and ``refusal`` is not None.

    Attributes:
        method: the authentication to be passed.
        refusal: why there is none.
        rule: the rule of the hba file that decided, if one did; not for the client.

    """

    method: AuthMethod | None
    refusal: Refusal | None = None
    rule: Rule | None = None


_DECISIONS: Mapping[AuthType, Decision] = {
    AuthType.TRUST: Decision(AuthMethod.TRUST),
    AuthType.ANY: Decision(AuthMethod.ANY),
    AuthType.PLAIN: Decision(AuthMethod.PLAIN),
    AuthType.MD5: Decision(AuthMethod.MD5),
    AuthType.SCRAM_SHA_256: Decision(AuthMethod.SCRAM),
}
_NOT_SERVED: Final = Decision(None, Refusal.AUTH_TYPE)

_HBA_METHODS: Mapping[HbaMethod, AuthMethod] = {
    HbaMethod.TRUST: AuthMethod.TRUST,
    HbaMethod.PASSWORD: AuthMethod.PLAIN,
    HbaMethod.MD5: AuthMethod.MD5,
    HbaMethod.SCRAM_SHA_256: AuthMethod.SCRAM,
    # Proved already, see `_shortcoming`.
    HbaMethod.CERT: AuthMethod.TRUST,
    HbaMethod.PEER: AuthMethod.TRUST,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Who must pass what, as configured.

    Attributes:
        auth_type: the setting.
        rules: those of auth_hba_file; only ``hba`` looks at them.
        ident: the maps of auth_ident_file.
        unknown: the kind of secret that users are taken to have who have none, so that
            md5 asks them for what it asks others: the most usual kind.
        derives: whether some users have SCRAM secrets, for which the check of a
            password derives keys: it is to be as slow for all then.

    """

    auth_type: AuthType
    rules: tuple[Rule, ...] = ()
    ident: Ident = field(default_factory=Ident)
    unknown: SecretKind = SecretKind.SCRAM
    derives: bool = True

    def decide(self, visitor: Visitor, secret: SecretKind | None) -> Decision:
        """Decide; ``secret`` is the kind that is stored, None for an unknown user."""
        if self.auth_type is AuthType.HBA:
            return self._by_rule(visitor, secret)
        if self.auth_type is AuthType.CERT:
            if not _has_name(visitor, HbaOptions(), self.ident):
                return Decision(None, Refusal.CERTIFICATE)
            return Decision(AuthMethod.TRUST)
        found = _DECISIONS.get(self.auth_type, _NOT_SERVED)
        if found.method is AuthMethod.MD5:
            return Decision(self._upgraded(found.method, secret))
        return found

    def _by_rule(self, visitor: Visitor, secret: SecretKind | None) -> Decision:
        rule = decide(self.rules, visitor.visit)
        if rule is None:
            return Decision(None, Refusal.NO_RULE)
        refusal = _shortcoming(rule, visitor, self.ident)
        if refusal is not None:
            return Decision(None, refusal, rule)
        method = _HBA_METHODS[rule.method]
        return Decision(self._upgraded(method, secret), rule=rule)

    def _upgraded(self, method: AuthMethod, secret: SecretKind | None) -> AuthMethod:
        kind = self.unknown if secret is None else secret
        if method is AuthMethod.MD5 and kind is SecretKind.SCRAM:
            return AuthMethod.SCRAM
        return method


def _shortcoming(rule: Rule, visitor: Visitor, ident: Ident) -> Refusal | None:
    """Say what the visitor lacks of what must be there before it is asked."""
    if rule.method is HbaMethod.REJECT:
        return Refusal.REJECTED
    if rule.method is HbaMethod.PEER:
        system = (visitor.system_user,) if visitor.system_user else ()
        allowed = _may_be(system, visitor.visit.user, rule.options, ident)
        return None if allowed else Refusal.PEER
    wanted = rule.options.client_cert
    if wanted is ClientCert.VERIFY_CA and visitor.certificate is None:
        return Refusal.CERTIFICATE
    if wanted is ClientCert.VERIFY_FULL and not _has_name(visitor, rule.options, ident):
        return Refusal.CERTIFICATE
    return None


def _has_name(visitor: Visitor, options: HbaOptions, ident: Ident) -> bool:
    """Say whether the visitor's certificate lets it be the user that it wants to be."""
    if visitor.certificate is None or not visitor.visit.tls:
        return False
    names = visitor.certificate.names(common_name_only=options.common_name_only)
    return _may_be(names, visitor.visit.user, options, ident)


def _may_be(
    names: Collection[str], wanted: str, options: HbaOptions, ident: Ident
) -> bool:
    if not options.map:
        return wanted in names
    return any(ident.allows(options.map, name, wanted) for name in names)
