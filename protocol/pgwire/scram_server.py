"""The server's side of SCRAM-SHA-256: we check a client.

Source: RFC 5802, RFC 7677; ``libpq/auth-scram.c``, whose choices are followed: the
user name inside SCRAM is ignored, an authorization identity is refused.
"""

import hmac
import re

from ._scram_message import (
    attributes,
    beginning,
    check_nonce,
    expect,
    from_base64,
    is_nonce,
    key_from_base64,
    malformed,
    stored_key_of,
    xor,
)
from .errors import (
    AuthenticationFailed,
    LocalProtocolError,
    ProtocolViolation,
    UnsupportedFeature,
)
from .scram import ChannelBinding, ScramKeys, ScramSecret, to_base64

# gs2-header of RFC 5802 section 7, then client-first-message-bare.
_CLIENT_FIRST = re.compile(
    rb"((?P<flag>n|y|p=(?P<type>[A-Za-z0-9.-]+)),(?P<authzid>a=[^,]*)?,)(?P<bare>.*)",
    re.DOTALL,
)
_BARE = beginning(b"n", b"r")
_FINAL = beginning(b"c", b"r")


class ScramServer:
    """One exchange: call `first`, then `final`, each with the client's message.

    ``nonce`` is fresh printable ASCII, at least 18 random bytes' worth. ``mock`` says
    that the secret is a decoy: the exchange looks the same and fails at its end.
    ``binding`` is given when, and only when, the client chose SCRAM-SHA-256-PLUS;
    ``plus_offered`` tells whether it could have.
    """

    __slots__ = (
        "_binding",
        "_challenged",
        "_keys",
        "_mock",
        "_nonce",
        "_plus_offered",
        "_secret",
    )

    def __init__(
        self,
        secret: ScramSecret,
        nonce: str,
        *,
        mock: bool = False,
        binding: ChannelBinding | None = None,
        plus_offered: bool = False,
    ) -> None:
        self._secret = secret
        self._nonce = check_nonce(nonce)
        self._mock = mock
        self._binding = binding
        self._plus_offered = plus_offered
        # Header, nonce, and transcript of the first half, between the two.
        self._challenged: tuple[bytes, bytes, bytes] | None = None
        self._keys: ScramKeys | None = None

    @property
    def keys(self) -> ScramKeys:
        """ClientKey as learned from the proof, and ServerKey.

        With them `ScramClient` can log in to a server that holds the same secret.
        Raises LocalProtocolError before `final` has succeeded.
        """
        if self._keys is None:
            raise LocalProtocolError("SCRAM keys are known after success only")
        return self._keys

    def first(self, message: bytes) -> bytes:
        """Take client-first-message, return server-first-message.

        Raises ProtocolViolation for what breaks the grammar, UnsupportedFeature for
        an authorization identity or a mandatory extension.
        """
        if self._challenged is not None:
            raise LocalProtocolError("this SCRAM exchange has begun before")
        match = _CLIENT_FIRST.fullmatch(message)
        if match is None:
            raise malformed("channel-binding flag expected")
        if match["authzid"]:
            raise UnsupportedFeature("SCRAM authorization identity is not supported")
        self._check_flag(match["flag"], match["type"])
        client_nonce = _read_bare(match["bare"])
        nonce = client_nonce + self._nonce
        reply = b"r=%b,s=%b,i=%d" % (
            nonce,
            to_base64(self._secret.salt),
            self._secret.iterations,
        )
        transcript = match["bare"] + b"," + reply
        self._challenged = (match[1], nonce, transcript)
        return reply

    def final(self, message: bytes) -> bytes:
        """Take client-final-message, return server-final-message.

        Raises AuthenticationFailed where the proof is wrong or the secret a mock,
        ProtocolViolation for what breaks the grammar or this exchange.
        """
        if self._challenged is None:
            raise LocalProtocolError("this SCRAM exchange has not begun, or is over")
        header, nonce, transcript = self._challenged
        self._challenged = None
        secret = self._secret
        without_proof, found, encoded_proof = message.rpartition(b",p=")
        if not found:
            raise malformed("attribute p expected")
        proof = key_from_base64(encoded_proof, "proof")
        self._check_final(header, nonce, without_proof)
        auth_message = transcript + b"," + without_proof
        signature = secret.client_signing.digest(auth_message)
        client_key = xor(proof, signature)
        fits = hmac.compare_digest(stored_key_of(client_key), secret.stored_key)
        if self._mock or not fits:
            raise AuthenticationFailed("SASL authentication failed")
        self._keys = ScramKeys(
            client_key, secret.server_key, secret.salt, secret.iterations
        )
        return b"v=" + to_base64(secret.server_signing.digest(auth_message))

    def _check_flag(self, flag: bytes, binding_type: bytes | None) -> None:
        """Compare the client's view of channel binding with ours."""
        if self._binding is not None:
            if binding_type != self._binding.type.encode():
                raise ProtocolViolation(
                    "SCRAM channel binding is missing or of another type",
                    detail=f"the type offered is {self._binding.type}",
                )
        elif binding_type is not None:
            raise malformed("channel binding without SCRAM-SHA-256-PLUS")
        elif flag == b"y" and self._plus_offered:
            # Someone on the way has removed the mechanism from our offer.
            raise AuthenticationFailed(
                "SASL authentication failed",
                detail="the client did not see the offer of channel binding",
            )

    def _check_final(self, header: bytes, nonce: bytes, without_proof: bytes) -> None:
        match = _FINAL.fullmatch(without_proof)
        if match is None:
            binding, given = expect(attributes(without_proof), "c", "r")
        else:
            binding, given = match.groups()
        expected = header
        if self._binding is not None:
            expected += self._binding.data
        if not hmac.compare_digest(from_base64(binding, "channel binding"), expected):
            raise ProtocolViolation("SCRAM channel binding does not match")
        if not hmac.compare_digest(given, nonce):
            raise ProtocolViolation("SCRAM nonce does not match")


def _read_bare(bare: bytes) -> bytes:
    """Check client-first-message-bare and return the client's nonce."""
    match = _BARE.fullmatch(bare)
    if match is None:
        found = attributes(bare)
        if found[0][0] == "m":
            raise UnsupportedFeature("client requires an unknown SCRAM extension")
        _, nonce = expect(found, "n", "r")
    else:
        nonce = match[2]
    if not is_nonce(nonce):
        raise malformed("nonce is not printable")
    return nonce
