"""What is stored of a user's password: plain text, an MD5 hash or a SCRAM verifier."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

# PostgreSQL: src/backend/libpq/crypt.c get_password_type().
_MD5 = re.compile(r"md5[0-9a-f]{32}")
# PostgreSQL: src/backend/libpq/auth-scram.c parse_scram_secret(); both keys are the
# base64 of 32 bytes.
_SCRAM = re.compile(
    r"SCRAM-SHA-256\$[1-9][0-9]{0,9}:[A-Za-z0-9+/]+={0,2}"
    r"\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}="
)


class SecretKind(StrEnum):
    """What a stored secret is."""

    PLAIN = "plain"
    MD5 = "md5"
    SCRAM = "scram-sha-256"


@dataclass(frozen=True, slots=True)
class Secret:
    """One user's secret; ``text`` is it as stored and never shows in ``repr``.

    An empty plain secret means that the user has none and no password fits.
    """

    kind: SecretKind
    text: str = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> "Secret":
        """Recognise the kind as PostgreSQL does: what is no hash is plain text."""
        if _MD5.fullmatch(text):
            return cls(SecretKind.MD5, text)
        if _SCRAM.fullmatch(text):
            return cls(SecretKind.SCRAM, text)
        return cls(SecretKind.PLAIN, text)


def usual_kind(secrets: Iterable[Secret]) -> SecretKind:
    """Return the kind that most secrets have; SCRAM if there are none."""
    counted = Counter(secret.kind for secret in secrets if secret.text)
    return max(counted, key=counted.__getitem__, default=SecretKind.SCRAM)
