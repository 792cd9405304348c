"""Tests of ``pgpool_py/auth/secrets.py``."""

import pytest

from pgpool_py.auth.secrets import Secret, SecretKind

KEY = "A" * 43 + "="  # 32 bytes in base64
SCRAM = f"SCRAM-SHA-256$4096:c2FsdA==${KEY}:{KEY}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", SecretKind.PLAIN),
        ("secret", SecretKind.PLAIN),
        ("md5" + "0123456789abcdef" * 2, SecretKind.MD5),
        ("md5" + "0123456789ABCDEF" * 2, SecretKind.PLAIN),
        ("md5" + "0" * 31, SecretKind.PLAIN),
        ("md5" + "0" * 33, SecretKind.PLAIN),
        ("md5" + "0" * 32 + "\n", SecretKind.PLAIN),
        (SCRAM, SecretKind.SCRAM),
        (SCRAM[:-1], SecretKind.PLAIN),
        (SCRAM.replace("4096", "0"), SecretKind.PLAIN),
        (SCRAM.replace("256", "512"), SecretKind.PLAIN),
    ],
)
def test_the_kind_is_recognised_from_the_text(text: str, kind: SecretKind) -> None:
    secret = Secret.from_text(text)
    assert secret.kind is kind
    assert secret.text == text


def test_no_secret_shows_in_its_repr() -> None:
    assert repr(Secret.from_text("hush")) == "Secret(kind=<SecretKind.PLAIN: 'plain'>)"
    assert "hush" not in str(Secret.from_text("hush"))
