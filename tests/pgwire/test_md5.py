"""md5 passwords, against values that PostgreSQL made."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pgwire.md5 import is_md5_secret, md5_matches, md5_response, md5_secret

# SELECT 'md5' || md5('pencil' || 'user'), and the answer to the salt 01 02 03 04.
SECRET = "md5" + hashlib.md5(b"penciluser").hexdigest()
SALT = b"\1\2\3\4"
ANSWER = b"md5" + hashlib.md5(SECRET[3:].encode() + SALT).hexdigest().encode()


def test_the_stored_form_hashes_password_and_user() -> None:
    assert md5_secret("user", "pencil") == SECRET


def test_the_answer_hashes_the_stored_form_and_the_salt() -> None:
    assert md5_response("pencil", "user", SALT) == ANSWER


def test_the_stored_form_answers_as_the_password_does() -> None:
    assert md5_response(SECRET, "user", SALT) == ANSWER


def test_only_md5_and_32_lower_hex_digits_are_a_stored_form() -> None:
    assert is_md5_secret(SECRET)
    assert not is_md5_secret(SECRET.upper())
    assert not is_md5_secret(SECRET + "0")
    assert not is_md5_secret(SECRET + "\n")
    assert not is_md5_secret("md5")
    assert not is_md5_secret("pencil")


def test_a_right_answer_matches_password_and_stored_form() -> None:
    assert md5_matches(ANSWER, "pencil", "user", SALT)
    assert md5_matches(ANSWER, SECRET, "user", SALT)


def test_another_salt_user_or_password_does_not_match() -> None:
    assert not md5_matches(ANSWER, "pencil", "user", b"\1\2\3\5")
    assert not md5_matches(ANSWER, "pencil", "other", SALT)
    assert not md5_matches(ANSWER, "pencil2", "user", SALT)
    assert not md5_matches(b"", "pencil", "user", SALT)


@given(st.binary(max_size=20))
def test_passwords_of_any_bytes_work(password: bytes) -> None:
    text = password.decode("utf-8", "surrogateescape")
    expected = "md5" + hashlib.md5(password + b"user").hexdigest()
    assert md5_secret("user", text) == expected
