"""The client's side of SCRAM-SHA-256: we log in to a server and check it.

Source: RFC 5802, RFC 7677; ``fe-auth-scram.c`` of libpq.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from ._scram_message import (
    attributes,
    check_nonce,
    client_signature,
    expect,
    from_base64,
    is_nonce,
    key_from_base64,
    malformed,
    server_signature,
    stored_key_of,
    xor,
)
from .errors import LocalProtocolError, LoginFailed, ProtocolViolation
from .scram import ChannelBinding, ScramKeys, derive_keys, to_base64

# About a quarter of a second of work: what a server may ask of us at most. The
# count is OWASP's advice for PBKDF2-HMAC-SHA-256, 150 times PostgreSQL's default.
DEFAULT_MAX_ITERATIONS: Final = 600_000

_SHOWN_ERROR = 64


@dataclass(frozen=True, slots=True)
class _Challenge:
    """server-first-message, taken apart."""

    nonce: bytes
    salt: bytes
    iterations: int


class ScramClient:
    """One exchange: call `first`, `final`, `verify` in this order.

    ``credentials`` is a password, or keys that were learned or stored. ``nonce`` is
    fresh printable ASCII. ``binding`` selects SCRAM-SHA-256-PLUS; without it
    ``could_bind`` tells the server that we would have bound, had it offered that.
    """

    __slots__ = (
        "_bare",
        "_binding_data",
        "_credentials",
        "_header",
        "_max_iterations",
        "_nonce",
        "_server_signature",
    )

    def __init__(
        self,
        credentials: str | ScramKeys,
        nonce: str,
        *,
        username: str = "",
        binding: ChannelBinding | None = None,
        could_bind: bool = False,
        max_iterations: int = DEFAULT_MAX_ITERATIONS,
    ) -> None:
        self._credentials = credentials
        self._nonce = check_nonce(nonce)
        # PostgreSQL takes the name from the startup packet: libpq sends none here.
        name = username.replace("=", "=3D").replace(",", "=2C").encode()
        self._bare = b"n=%b,r=%b" % (name, self._nonce)
        self._binding_data = b"" if binding is None else binding.data
        self._header = _header(binding, could_bind=could_bind)
        self._max_iterations = max_iterations
        self._server_signature: bytes | None = None

    def first(self) -> bytes:
        """Return client-first-message."""
        return self._header + self._bare

    def final(self, server_first: bytes) -> bytes:
        """Take server-first-message, return client-final-message.

        Raises ProtocolViolation for what breaks the grammar or the exchange, and
        LoginFailed where the iteration count is above the limit, or salt and count
        are not those of the keys.
        """
        if self._server_signature is not None:
            raise LocalProtocolError("this SCRAM exchange is past its challenge")
        challenge = self._read_challenge(server_first)
        keys = self._keys(challenge)
        bound = to_base64(self._header + self._binding_data)
        without_proof = b"c=%b,r=%b" % (bound, challenge.nonce)
        auth_message = b",".join((self._bare, server_first, without_proof))
        self._server_signature = server_signature(keys.server_key, auth_message)
        stored_key = stored_key_of(keys.client_key)
        proof = xor(keys.client_key, client_signature(stored_key, auth_message))
        return without_proof + b",p=" + to_base64(proof)

    def verify(self, server_final: bytes) -> None:
        """Take server-final-message and check that the server knows the secret.

        Raises LoginFailed where it does not, or sends an error of SCRAM.
        """
        if self._server_signature is None:
            raise LocalProtocolError("this SCRAM exchange has no proof sent yet")
        found = attributes(server_final)
        if found[0][0] == "e":
            reason = found[0][1][:_SHOWN_ERROR].decode("ascii", "backslashreplace")
            raise LoginFailed(f"server login failed: SCRAM error {reason}")
        (encoded,) = expect(found, "v")
        signature = key_from_base64(encoded, "server signature")
        if not hmac.compare_digest(signature, self._server_signature):
            raise LoginFailed(
                "server login failed: the server did not prove that it knows the "
                "password"
            )

    def _read_challenge(self, message: bytes) -> _Challenge:
        found = attributes(message)
        if found[0][0] == "m":
            raise LoginFailed("server login failed: unknown SCRAM extension")
        nonce, salt, iterations = expect(found, "r", "s", "i")
        if not is_nonce(nonce):
            raise malformed("nonce is not printable")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ProtocolViolation("SCRAM nonce does not match")
        return _Challenge(
            nonce, from_base64(salt, "salt"), self._read_iterations(iterations)
        )

    def _read_iterations(self, content: bytes) -> int:
        # No int() of long digits: it is slow, and refused above 4300 of them.
        if not content.isdigit() or len(content) > 10 or int(content) < 1:
            raise malformed("invalid iteration count")
        if int(content) > self._max_iterations:
            raise LoginFailed(
                f"server login failed: SCRAM iteration count {int(content)} exceeds "
                f"the limit of {self._max_iterations}"
            )
        return int(content)

    def _keys(self, challenge: _Challenge) -> ScramKeys:
        if isinstance(self._credentials, ScramKeys):
            if not self._credentials.fit(challenge.salt, challenge.iterations):
                raise LoginFailed(
                    "server login failed: the server has another SCRAM secret",
                    detail="Salt or iteration count are not those of the secret by "
                    "which the client was checked.",
                )
            return self._credentials
        return derive_keys(self._credentials, challenge.salt, challenge.iterations)


def _header(binding: ChannelBinding | None, *, could_bind: bool) -> bytes:
    if binding is not None:
        return b"p=%b,," % binding.type.encode()
    return b"y,," if could_bind else b"n,,"
