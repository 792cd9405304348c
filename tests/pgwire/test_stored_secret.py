"""What is stored is checked for each method, and nothing fits a missing user."""

import pytest

from pgwire.md5 import md5_response, md5_secret
from pgwire.scram import ScramSecret, derive, mock_secret, salt_for
from pgwire.stored_secret import StoredSecret

MOCK_KEY = b"m" * 32
SALT = b"\1\2\3\4"
SCRAM = derive("pencil", b"salt" * 4, 2)
MD5 = md5_secret("alice", "pencil")


def _stored(
    secret: str | ScramSecret | None, *, verifier: ScramSecret | None = None
) -> StoredSecret:
    return StoredSecret("alice", secret, MOCK_KEY, verifier, 2)


@pytest.mark.parametrize("secret", ["pencil", MD5, SCRAM, SCRAM.format()])
def test_a_password_fits_every_form_in_which_it_is_stored(
    secret: str | ScramSecret,
) -> None:
    assert _stored(secret).fits_plain(b"pencil")
    assert not _stored(secret).fits_plain(b"pencil2")
    assert not _stored(secret).fits_plain(b"")


def test_a_stored_form_is_no_password() -> None:
    assert not _stored(MD5).fits_plain(MD5.encode())
    assert not _stored(SCRAM.format()).fits_plain(SCRAM.format().encode())


@pytest.mark.parametrize("secret", [None, ""])
def test_nothing_fits_a_missing_or_empty_secret(secret: str | None) -> None:
    stored = _stored(secret)
    for password in ("", "pencil", MOCK_KEY.hex()):
        assert not stored.fits_plain(password.encode())
        assert not stored.fits_md5(md5_response(password, "alice", SALT), SALT)
    assert not stored.can_scram


def test_nothing_fits_the_decoy_of_an_unknown_user() -> None:
    stored = _stored(None, verifier=SCRAM)
    assert not stored.fits_plain(b"pencil")
    assert stored.for_scram() == SCRAM
    assert not stored.can_scram


@pytest.mark.parametrize("secret", [None, "", "pencil", MD5, SCRAM])
@pytest.mark.parametrize(("password", "derivations"), [(b"pencil", 0), (b"other", 1)])
def test_with_a_verifier_what_does_not_fit_is_as_slow_for_all(
    monkeypatch: pytest.MonkeyPatch,
    secret: str | ScramSecret | None,
    password: bytes,
    derivations: int,
) -> None:
    seen: list[str] = []

    def count(password: str, salt: bytes, iterations: int) -> ScramSecret:
        seen.append(password)
        return derive(password, salt, iterations)

    monkeypatch.setattr("pgwire.stored_secret.derive", count)
    fits = _stored(secret, verifier=mock_secret("alice", MOCK_KEY, 2)).fits_plain
    known = secret in {"pencil", MD5, SCRAM}
    assert fits(password) is (known and password == b"pencil")
    always = secret in {None, "", SCRAM}
    assert len(seen) == (1 if always else derivations)


def test_an_md5_answer_fits_password_and_md5_secret() -> None:
    answer = md5_response("pencil", "alice", SALT)
    assert _stored("pencil").fits_md5(answer, SALT)
    assert _stored(MD5).fits_md5(answer, SALT)
    assert not _stored("other").fits_md5(answer, SALT)


def test_no_md5_answer_fits_a_scram_secret() -> None:
    for known in ("pencil", SCRAM.format(), MOCK_KEY.hex()):
        answer = md5_response(known, "alice", SALT)
        assert not _stored(SCRAM).fits_md5(answer, SALT)


def test_what_is_known_of_the_secret() -> None:
    assert not _stored(None).is_known
    assert _stored("").is_known
    assert _stored(SCRAM).is_scram
    assert _stored(SCRAM.format()).is_scram
    assert not _stored("pencil").is_scram
    assert _stored("pencil").can_scram
    assert _stored(SCRAM).can_scram
    assert not _stored(MD5).can_scram


def test_a_plain_password_is_derived_with_a_salt_that_stays() -> None:
    expected = derive("pencil", salt_for("alice", MOCK_KEY), 2)
    assert _stored("pencil").for_scram() == expected


def test_a_cached_verifier_saves_the_derivation() -> None:
    cached = ScramSecret(2, b"salt" * 4, b"k" * 32, b"k" * 32)
    assert _stored("pencil", verifier=cached).for_scram() is cached
    assert _stored(SCRAM, verifier=cached).for_scram() == SCRAM


@pytest.mark.parametrize("secret", [None, "", MD5])
def test_a_decoy_for_scram_looks_like_the_secret_of_a_plain_password(
    secret: str | None,
) -> None:
    decoy = _stored(secret).for_scram()
    plain = _stored("pencil").for_scram()
    assert (decoy.salt, decoy.iterations) == (plain.salt, plain.iterations)
    assert decoy != mock_secret("alice", MOCK_KEY, 2)
