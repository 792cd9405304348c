"""Deciding how a client that named a user and a database must prove itself."""

from collections.abc import Callable
from functools import partial
from os import urandom
from typing import Final

from pgpool_py import errors
from pgpool_py.auth.hba import Visit
from pgpool_py.auth.hba_address import client_address
from pgpool_py.auth.hba_options import HbaMethod
from pgpool_py.auth.rules import Refusal, Visitor
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.client.door import AtDoor
from pgpool_py.errors import PoolerError
from pgpool_py.settings import AuthType
from pgwire.authentication import MD5_SALT_SIZE
from pgwire.client_login import AuthMethod, Challenge, ClientLogin
from pgwire.scram import ScramSecret, mock_secret, to_base64

from .context import Context
from .inquiries import Inquiries
from .pace import Pace
from .recognition import Recognition
from .system_users import SystemUsers
from .verifiers import Verifiers

# Random bytes; as many as PostgreSQL's SCRAM_RAW_NONCE_LEN.
_NONCE_SIZE: Final = 18
_WITH_CERTIFICATES: Final = frozenset({AuthType.CERT, AuthType.HBA})


def visit_of(
    arrival: AtDoor, user: str, database: str, *, physical: bool = False
) -> Visit:
    """Give who a client says that it is, what it wants, and where it comes from."""
    who = arrival.visitor
    address = None if who.is_local else client_address(who.address)
    return Visit(database, user, address, bool(arrival.encryption), physical)


class Admission:
    """Makes the authentication that a client has to pass.

    Attributes:
        inquiries: secrets that are looked up.
        pace: of what is slow.
        recognition: of stored secrets.
    """

    def __init__(self, context: Context, inquiries: Inquiries, pace: Pace) -> None:
        self.inquiries = inquiries
        self.pace = pace
        self.recognition = Recognition(context)
        self._context = context
        self._mock_key = urandom(32)
        self._unused = self._challenge()
        self._verifiers = Verifiers(context, self._mock_key)
        self._system_users = SystemUsers()

    def visitor(self, arrival: AtDoor, visit: Visit) -> Visitor:
        """Give what the policy has to know of a client."""
        uid = arrival.visitor.uid
        policy = self._context.policy
        certificate = None
        if visit.tls and policy.auth_type in _WITH_CERTIFICATES:
            certificate = arrival.certificate
        system_user = None
        if uid is not None and any(
            rule.method is HbaMethod.PEER for rule in policy.rules
        ):
            system_user = self._system_users.name_of(uid)
        return Visitor(visit, certificate, system_user)

    def refusal(self, visitor: Visitor) -> PoolerError | None:
        """Give why a client is refused whatever its secret, None if it is not."""
        visit = visitor.visit
        match self._context.policy.decide(visitor, None).refusal:
            case None:
                return None
            case Refusal.NO_RULE:
                return errors.no_authentication_method(
                    visit.user, visit.database, tls=visit.tls
                )
            case Refusal.REJECTED:
                return errors.login_rejected()
            case Refusal.CERTIFICATE:
                return errors.certificate_rejected(visit.user)
            case Refusal.PEER:
                return errors.peer_rejected(visit.user)
            case Refusal.AUTH_TYPE:
                auth_type = self._context.policy.auth_type
                return errors.bouncer_config_error(f"auth_type {auth_type}")

    def ignores_secrets(self, visitor: Visitor) -> bool:
        """Whether nobody asks who the client is."""
        return self._context.policy.decide(visitor, None).method is AuthMethod.ANY

    def make(
        self,
        owner: object,
        visitor: Visitor,
        secret: str | None,
        then: Callable[[ClientLogin | PoolerError], None],
    ) -> None:
        """Make the authentication of a client that has this secret, or none.

        It is slow if a verifier must be derived, and then done in its turn; ``owner``
        may leave the queue of `pace` before.
        """
        policy, user = self._context.policy, visitor.visit.user
        known = self.recognition.of(user, secret) if secret else None
        kind = None if known is None else known.kind
        method = policy.decide(visitor, kind).method
        if method is None:
            then(self.refusal(visitor) or errors.login_rejected())
            return
        checked: str | ScramSecret | None = None
        if known is not None:
            checked = known.secret
        elif method is AuthMethod.TRUST:
            # Else one that nothing fits is checked like one that is not there.
            checked = secret

        if method is not AuthMethod.SCRAM or kind is not SecretKind.PLAIN or not secret:
            verifier = self._mock(method, user, kind)
        else:
            verifier = self._verifiers.find(user, secret)
            if verifier is None:
                derive = partial(self._verifiers.derive, user, secret)
                login = partial(self._login, method, visitor, checked)
                self.pace.run(owner, lambda: then(login(derive())))
                return
        then(self._login(method, visitor, checked, verifier))

    def _login(
        self,
        method: AuthMethod,
        visitor: Visitor,
        secret: str | ScramSecret | None,
        verifier: ScramSecret | None,
    ) -> ClientLogin:
        context = self._context
        # Who is asked nothing needs no randomness of its own.
        asks = not (method is AuthMethod.TRUST or method is AuthMethod.ANY)
        return ClientLogin(
            method,
            visitor.visit.user,
            secret,
            self._challenge() if asks else self._unused,
            verifier=verifier,
            iterations=context.settings.scram_iterations,
            binding=context.encryption.binding if visitor.visit.tls else None,
        )

    def _mock(
        self, method: AuthMethod, user: str, kind: SecretKind | None
    ) -> ScramSecret | None:
        """Give a verifier to those who can pass by none, so that they cost the same."""
        asked = method is AuthMethod.SCRAM or (
            method is AuthMethod.PLAIN and self._context.policy.derives
        )
        if kind is SecretKind.SCRAM or not asked:
            return None
        return mock_secret(
            user, self._mock_key, self._context.settings.scram_iterations
        )

    def unasked(self, user: str) -> ClientLogin:
        """Give an authentication that ``user`` has passed already, by other means."""
        return ClientLogin(AuthMethod.ANY, user, None, self._unused)

    def _challenge(self) -> Challenge:
        chance = urandom(MD5_SALT_SIZE + _NONCE_SIZE)
        salt, nonce = chance[:MD5_SALT_SIZE], chance[MD5_SALT_SIZE:]
        return Challenge(salt, to_base64(nonce).decode(), self._mock_key)

    def forget(self) -> None:
        """Derive verifiers anew: the secrets were read again."""
        self._verifiers.forget()
        self.recognition.forget()
        self._system_users.forget()
