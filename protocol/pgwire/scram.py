"""SCRAM-SHA-256 secrets: how a password becomes keys, and how keys are stored.

    SaltedPassword = PBKDF2-HMAC-SHA-256(saslprep(password), salt, iterations)
    ClientKey      = HMAC(SaltedPassword, "Client Key")
    StoredKey      = SHA-256(ClientKey)
    ServerKey      = HMAC(SaltedPassword, "Server Key")

Source: RFC 5802 section 3, RFC 7677; ``common/scram-common.c``. The two sides of
the exchange are in ``scram_client`` and ``scram_server``.
"""

import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final, Self

from ._buffer import encode_text
from ._keyed_hash import KeyedHash
from .errors import LocalProtocolError
from .saslprep import saslprep

MECHANISM: Final = "SCRAM-SHA-256"
MECHANISM_PLUS: Final = "SCRAM-SHA-256-PLUS"
# PostgreSQL's SCRAM_SHA_256_DEFAULT_ITERATIONS.
DEFAULT_ITERATIONS: Final = 4096
MAX_ITERATIONS: Final = 2**31 - 1
KEY_SIZE: Final = 32

# In the place of both keys where no password fits.
_MOCK_KEY: Final = bytes(KEY_SIZE)
_MOCK_SIGNING: Final = KeyedHash(_MOCK_KEY)

# PostgreSQL's SCRAM_DEFAULT_SALT_LEN.
_SALT_SIZE = 16
_SECRET = re.compile(
    r"SCRAM-SHA-256\$([0-9]{1,10}):([A-Za-z0-9+/=]+)"
    r"\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)"
)


@dataclass(frozen=True, slots=True)
class ScramSecret:
    """What a server stores to check a client; no keys are shown in a repr.

    Attributes:
        client_signing, server_signing: HMAC under stored_key and server_key.

    """

    iterations: int
    salt: bytes
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    client_signing: KeyedHash = field(init=False, repr=False, compare=False)
    server_signing: KeyedHash = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The one way to set what a frozen object works out itself.
        object.__setattr__(self, "client_signing", _keyed(self.stored_key))
        object.__setattr__(self, "server_signing", _keyed(self.server_key))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``.

        Raises ValueError, without the text, where it has another form.
        """
        match = _SECRET.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= MAX_ITERATIONS:
            raise ValueError("not a SCRAM-SHA-256 secret")
        try:
            salt, stored, server = (from_base64(match[i].encode()) for i in (2, 3, 4))
        except ValueError:
            raise ValueError("SCRAM-SHA-256 secret with invalid base64") from None
        return cls(int(match[1]), salt, stored, server)

    def format(self) -> str:
        """Build the text that `parse` reads, as in ``pg_authid.rolpassword``."""
        salt, stored, server = (
            to_base64(part).decode()
            for part in (self.salt, self.stored_key, self.server_key)
        )
        return f"{MECHANISM}${self.iterations}:{salt}${stored}:{server}"


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class ScramKeys:
    """What a client needs instead of a password; never shown in a repr.

    They open only servers whose secret has the same salt and iteration count.

    Attributes:
        salt, iterations: of that secret; 0 iterations where they are not known.

    """

    client_key: Final[bytes] = field(repr=False)
    server_key: Final[bytes] = field(repr=False)
    salt: Final[bytes] = field(default=b"", repr=False)
    iterations: Final[int] = 0

    def fit(self, salt: bytes, iterations: int) -> bool:
        """Whether they can be the keys of a secret with this salt and this count."""
        return not self.iterations or (self.salt, self.iterations) == (salt, iterations)


@dataclass(frozen=True, slots=True)
class ChannelBinding:
    """A channel-binding type and its data, such as a certificate's hash.

    With ``tls-server-end-point`` the data is the hash of the server's certificate
    (RFC 5929 section 4.1).
    """

    data: bytes = field(repr=False)
    type: str = "tls-server-end-point"


def derive_keys(password: str, salt: bytes, iterations: int) -> ScramKeys:
    """Turn a password into keys: the slow step, about 1 ms per 4096 iterations."""
    if not 1 <= iterations <= MAX_ITERATIONS:
        raise LocalProtocolError(
            f"SCRAM iteration count {iterations} is not within 1 to {MAX_ITERATIONS}"
        )
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password), salt, iterations)
    return ScramKeys(
        hmac.digest(salted, b"Client Key", "sha256"),
        hmac.digest(salted, b"Server Key", "sha256"),
    )


def derive(password: str, salt: bytes, iterations: int) -> ScramSecret:
    """Turn a password into the secret that a server stores; slow: see above."""
    keys = derive_keys(password, salt, iterations)
    stored_key = hashlib.sha256(keys.client_key).digest()
    return ScramSecret(iterations, salt, stored_key, keys.server_key)


def salt_for(user: str, mock_key: bytes) -> bytes:
    """Make the salt of a user who has none: the same each time, as a stored one is.

    ``mock_key`` is random and lives as long as the process. Source:
    ``scram_mock_salt`` in ``libpq/auth-scram.c``.
    """
    return hmac.digest(mock_key, encode_text(user), "sha256")[:_SALT_SIZE]


def mock_secret(user: str, mock_key: bytes, iterations: int) -> ScramSecret:
    """Make a secret that looks like any other and that no password fits.

    `ScramServer` must be told that it is a mock; these keys are public.
    """
    salt = salt_for(user, mock_key)
    return ScramSecret(iterations, salt, _MOCK_KEY, _MOCK_KEY)


def _keyed(key: bytes) -> KeyedHash:
    # Those of a mock are made for each login, and must cost no more than stored ones.
    return _MOCK_SIGNING if key == _MOCK_KEY else KeyedHash(key)


def to_base64(content: bytes) -> bytes:
    """Encode as the SCRAM messages and secrets want it: standard, padded."""
    return binascii.b2a_base64(content, newline=False)


def from_base64(content: bytes) -> bytes:
    """Decode what `to_base64` makes; raises ValueError for anything else."""
    # Such padding passes the strict mode of Python 3.12.
    if len(content) % 4 or content.endswith(b"===="):
        raise ValueError("not base64")
    return binascii.a2b_base64(content, strict_mode=True)
