"""PostgreSQL's md5 passwords: the stored form, the answer to a salt, the check.

The stored form is ``md5`` and the hex digest of password and user name together.
Source: PostgreSQL documentation, "Message Flow", AuthenticationMD5Password;
``common/md5_common.c`` and ``get_password_type`` in ``libpq/crypt.c``.
"""

import hashlib
import hmac
import re

from ._buffer import encode_text

_SECRET = re.compile(r"md5[0-9a-f]{32}")


def is_md5_secret(text: str) -> bool:
    """Tell a stored md5 secret from a plain password, as PostgreSQL does."""
    return _SECRET.fullmatch(text) is not None


def md5_secret(user: str, password: str) -> str:
    """Build the stored form for this user, ``md5`` and 32 hex digits."""
    return _digest(encode_text(password) + encode_text(user))


def md5_response(secret_or_password: str, user: str, salt: bytes) -> bytes:
    """Build what the client answers to a salt of 4 bytes; no terminator."""
    secret = secret_or_password
    if not is_md5_secret(secret):
        secret = md5_secret(user, secret_or_password)
    return _digest(secret.removeprefix("md5").encode() + salt).encode()


def md5_matches(
    response: bytes, secret_or_password: str, user: str, salt: bytes
) -> bool:
    """Check a client's answer, in constant time."""
    expected = md5_response(secret_or_password, user, salt)
    return hmac.compare_digest(expected, response)


def _digest(data: bytes) -> str:
    # Not for security: md5 is what the protocol asks for, and what administrators
    # who forbid it switch off by choosing another method.
    return "md5" + hashlib.md5(data, usedforsecurity=False).hexdigest()
