"""A prepared key signs as HMAC does."""

import hmac

import pytest

from pgwire._keyed_hash import KeyedHash


@pytest.mark.parametrize("size", [0, 1, 32, 63, 64])
def test_it_is_hmac_for_each_message(size: int) -> None:
    key = bytes(range(size))
    prepared = KeyedHash(key)
    for message in (b"", b"Hi There", b"x" * 1000, b"Hi There"):
        assert prepared.digest(message) == hmac.digest(key, message, "sha256")


def test_a_key_that_would_have_to_be_hashed_first_is_refused() -> None:
    with pytest.raises(ValueError, match="key of 65 bytes, at most 64 fit"):
        KeyedHash(bytes(65))


def test_the_key_does_not_show() -> None:
    assert "secret" not in repr(KeyedHash(b"secret"))
