"""Deciding how a client that named a user and a database must prove itself."""

import secrets
from dataclasses import dataclass, field

from pgpool_py import errors
from pgpool_py.settings import AuthType
from pgwire.client_login import AuthMethod, Challenge, ClientLogin
from pgwire.md5 import is_md5_secret
from pgwire.scram import ScramSecret, derive, mock_secret, salt_for

from .context import Context

_METHODS = {
    AuthType.TRUST: AuthMethod.TRUST,
    AuthType.ANY: AuthMethod.ANY,
    AuthType.PLAIN: AuthMethod.PLAIN,
    AuthType.MD5: AuthMethod.MD5,
    AuthType.SCRAM_SHA_256: AuthMethod.SCRAM,
}


@dataclass(frozen=True, slots=True)
class _Verifier:
    """A derived SCRAM secret, and what it was derived from."""

    secret: str = field(repr=False)
    iterations: int
    scram: ScramSecret


class Admission:
    """Makes the authentication that a client has to pass.

    Verifiers of plain secrets are derived once: the derivation is slow on purpose.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._mock_key = secrets.token_bytes(32)
        self._verifiers: dict[str, _Verifier] = {}

    def login(self, user: str, *, encrypted: bool = False) -> ClientLogin:
        """Give the authentication for ``user``, which may not exist.

        Over an encrypted connection SCRAM may be bound to our certificate.

        Raises:
            LoginError: the configured ``auth_type`` is not one that is served.
        """
        settings = self._context.settings
        method = _METHODS.get(settings.auth_type)
        if method is None:
            raise errors.bouncer_config_error(f"auth_type {settings.auth_type}")
        secret = self._context.secrets.get(user)
        challenge = Challenge(
            secrets.token_bytes(4), secrets.token_urlsafe(18), self._mock_key
        )
        verifier = None
        if method is AuthMethod.SCRAM:
            verifier = self._verifier(user, secret, settings.scram_iterations)
        return ClientLogin(
            method,
            user,
            secret,
            challenge,
            verifier=verifier,
            iterations=settings.scram_iterations,
            binding=self._context.encryption.binding if encrypted else None,
        )

    def unasked(self, user: str) -> ClientLogin:
        """Give an authentication that ``user`` has passed already, by other means."""
        challenge = Challenge(
            secrets.token_bytes(4), secrets.token_urlsafe(18), self._mock_key
        )
        return ClientLogin(AuthMethod.ANY, user, None, challenge)

    def _verifier(
        self, user: str, secret: str | None, iterations: int
    ) -> ScramSecret | None:
        if secret is None:
            return mock_secret(user, self._mock_key, iterations)
        if not secret or is_md5_secret(secret) or secret.startswith("SCRAM-SHA-256$"):
            return None
        known = self._verifiers.get(user)
        if known is None or (known.secret, known.iterations) != (secret, iterations):
            salt = salt_for(user, self._mock_key)
            known = _Verifier(secret, iterations, derive(secret, salt, iterations))
            self._verifiers[user] = known
        return known.scram

    def forget(self) -> None:
        """Derive verifiers anew: the secrets were read again."""
        self._verifiers.clear()
