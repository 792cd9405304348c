"""What is stored to check a client, and the check for each method.

A user that does not exist has a stored secret as well: one that costs the same work
as another and that nothing fits.
"""

import hashlib
import hmac

from ._buffer import decode_text, encode_text
from .md5 import is_md5_secret, md5_matches, md5_secret
from .scram import ScramSecret, derive, salt_for


class StoredSecret:
    """The secret of one user, for one authentication; see `ClientLogin`."""

    __slots__ = ("_iterations", "_mock_key", "_secret", "_user", "_verifier")

    def __init__(
        self,
        user: str,
        secret: str | ScramSecret | None,
        mock_key: bytes,
        verifier: ScramSecret | None,
        iterations: int,
    ) -> None:
        self._user = user
        self._secret = _typed(secret)
        self._mock_key = mock_key
        self._verifier = verifier
        self._iterations = iterations

    @property
    def is_known(self) -> bool:
        """Whether the user exists."""
        return self._secret is not None

    @property
    def is_scram(self) -> bool:
        """Whether a SCRAM secret is stored, so that md5 is impossible."""
        return isinstance(self._secret, ScramSecret)

    @property
    def can_scram(self) -> bool:
        """Whether SCRAM can succeed; not so with an md5 secret, or none, or empty."""
        if isinstance(self._secret, str):
            return self._secret != "" and not is_md5_secret(self._secret)
        return self._secret is not None

    @property
    def derives(self) -> bool:
        """Whether `fits_plain` has keys to derive, which is slow."""
        return self.is_scram or self._verifier is not None

    def fits_plain(self, password: bytes) -> bool:
        """Check a password; as slow as SCRAM where a SCRAM secret is stored.

        With a verifier one that does not fit is so with any other secret, and none.
        """
        given = decode_text(password)
        known = self._secret
        if isinstance(known, ScramSecret):
            return _derives(given, known)
        if known is not None and is_md5_secret(known):
            fits = _same(md5_secret(self._user, given), known)
        else:
            fits = _same(given, known or self._decoy) and bool(known)
        if not fits and self._verifier is not None:
            _derives(given, self._verifier)
        return fits

    def fits_md5(self, response: bytes, salt: bytes) -> bool:
        """Check an answer to an md5 request; no SCRAM secret ever fits one."""
        known = self._secret if isinstance(self._secret, str) else ""
        fits = md5_matches(response, known or self._decoy, self._user, salt)
        return fits and bool(known)

    def for_scram(self) -> ScramSecret:
        """Give the secret for a SCRAM exchange: stored, cached, or derived now.

        Where `can_scram` is False it is a decoy, made with the same work.
        """
        if isinstance(self._secret, ScramSecret):
            return self._secret
        if self._verifier is not None:
            return self._verifier
        password = self._secret if self.can_scram and self._secret else self._decoy
        salt = salt_for(self._user, self._mock_key)
        return derive(password, salt, self._iterations)

    @property
    def _decoy(self) -> str:
        """A password that nobody knows, in the place of one that is missing."""
        return self._mock_key.hex()


def _typed(secret: str | ScramSecret | None) -> str | ScramSecret | None:
    """Take a SCRAM secret in text form for one, or it would pass as a password."""
    if not isinstance(secret, str):
        return secret
    try:
        return ScramSecret.parse(secret)
    except ValueError:
        return secret


def _derives(password: str, secret: ScramSecret) -> bool:
    stored_key = derive(password, secret.salt, secret.iterations).stored_key
    return hmac.compare_digest(stored_key, secret.stored_key)


def _same(left: str, right: str) -> bool:
    """Compare in constant time; hashed first, for lengths would be told otherwise."""
    return hmac.compare_digest(
        hashlib.sha256(encode_text(left)).digest(),
        hashlib.sha256(encode_text(right)).digest(),
    )
